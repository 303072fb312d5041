import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts } from './check.mjs';
import { call, create, customer, login, resigned } from './desk.mjs';
import { Line, open, transport } from './line.mjs';
import { stranger } from './stage.mjs';

test('a client connects by the transports it was told to use', async () => {
  const line = await open(stranger);
  assert.equal(line.first, transport === 'websocket' ? 'websocket' : 'polling');
  assert.match(line.socket.id, /^[\w-]{20}$/);
  accepts(await line.ask('presence'));
  await line.upgraded();
  accepts(await line.ask('presence'));
  line.close();
});

test('events arrive before, during and after the upgrade', async () => {
  const owner = await customer();
  const line = new Line({ token: owner.token });
  await line.connected();
  const made = [await create(owner)];
  await line.upgraded();
  made.push(await create(owner));
  await line.next('bookingCreated', { bookingId: made[1]._id });
  assert.deepEqual(line.events.map((e) => e.payload.bookingId), made.map((b) => b._id));
});

test('a client whose connection breaks comes back into its rooms', async () => {
  const owner = await customer();
  const line = await open(owner);
  line.socket.io.engine.close();
  await line.until('another connect', () => line.states.filter((s) => s.state === 'connect').length === 2);
  assert.equal(line.states[1].state, 'disconnect');
  const made = await create(owner);
  await line.next('bookingCreated', { bookingId: made._id });
});

test('a client disconnects and connects again', async () => {
  const owner = await customer();
  const line = await open(owner);
  line.socket.disconnect();
  await create(owner);
  line.socket.connect();
  await line.until('another connect', () => line.states.filter((s) => s.state === 'connect').length === 2);
  const made = await create(owner);
  await line.next('bookingCreated', { bookingId: made._id });
  assert.equal(line.states[1].reason, 'io client disconnect');
});

test('who has no good token is refused, and told why', async (t) => {
  const who = await customer();
  const gone = await login(who);
  await call('POST', '/auth/logout', { token: gone.token });
  const hour = 3600;
  const now = Math.floor(Date.now() / 1000);
  const refusals = [
    ['no auth', undefined, 'missing_token'],
    ['auth without a token', {}, 'missing_token'],
    ['empty token', { token: '' }, 'missing_token'],
    ['no token at all', { token: 'nonsense' }, 'invalid_token'],
    ['a number', { token: 7 }, 'invalid_token'],
    ['an object', { token: { $gt: '' } }, 'invalid_token'],
    ['another secret', { token: resigned(who.token, {}, { key: 'another secret that is long enough' }) }, 'invalid_token'],
    ['no signature', { token: resigned(who.token, {}, { algorithm: 'none' }) }, 'invalid_token'],
    ['claims changed under the signature', { token: forged(who.token) }, 'invalid_token'],
    ['100 KB', { token: 'a'.repeat(100_000) }, 'invalid_token'],
    ['expired', { token: resigned(who.token, { iat: now - 2 * hour, exp: now - hour }) }, 'expired_token'],
    ['logged out', { token: gone.token }, 'revoked_token'],
  ];
  for (const [name, auth, code] of refusals) {
    await t.test(name, async () => {
      const line = new Line(auth);
      assert.equal(await line.refused(), code);
      assert.equal(line.socket.connected, false);
      line.close();
    });
  }
  await t.test('signed like the server does', async () => {
    const line = await open({ token: resigned(who.token, { exp: now + hour }) });
    accepts(await line.ask('presence'));
  });
});

// forged returns a token with other claims under the old signature.
function forged(token) {
  const [, , signature] = token.split('.');
  return resigned(token, { role: 'admin' }).replace(/[^.]*$/, signature);
}
