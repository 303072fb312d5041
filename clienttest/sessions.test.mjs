import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts } from './check.mjs';
import { base, boss, call, customer, login, resigned, staff } from './desk.mjs';
import { open } from './line.mjs';
import { mark } from './stage.mjs';

// ended waits until the server has put a line out, and the client was told why when it came back by itself.
async function ended(line, code = 'revoked_token') {
  await line.until('disconnect', () => line.states.find((s) => s.state === 'disconnect'));
  assert.equal(await line.refused(), code);
  const [, left, back] = line.states;
  assert.deepEqual([left.state, back.state, line.states.length], ['disconnect', 'refused', 3], JSON.stringify(line.states));
  assert.notEqual(left.reason, 'io server disconnect', 'a client does not come back after 41');
}

test('logging out ends the sockets of that token and no others', async () => {
  const who = await customer();
  const again = await login(who);
  const [phone, tab, tablet] = await Promise.all([open(who), open(who), open(again)]);
  await call('POST', '/auth/logout', { token: who.token });
  await Promise.all([ended(phone), ended(tab)]);
  await mark(again, tablet);
  accepts(await tablet.ask('presence'));
  assert.equal(tablet.states.length, 1);
  await call('GET', '/auth/me', { token: who.token, want: 401 });
});

test('another password ends every socket of the user', async () => {
  const who = await customer();
  const again = await login(who);
  const [phone, tablet, other] = await Promise.all([open(who), open(again), open(await customer())]);
  const next = 'zoulqui battery staple';
  await call('POST', '/auth/change-password', { token: who.token, body: { currentPassword: who.password, newPassword: next } });
  await Promise.all([ended(phone), ended(tablet)]);
  const back = await login({ ...who, password: next });
  await mark(back, await open(back));
  assert.equal(other.states.length, 1);
});

test('a wrong password ends nothing', async () => {
  const who = await customer();
  const phone = await open(who);
  const body = { currentPassword: 'not this one', newPassword: 'zoulqui battery staple' };
  await call('POST', '/auth/change-password', { token: who.token, body, want: [400, 401, 422] });
  await mark(who, phone);
  assert.equal(phone.states.length, 1);
});

test('another role ends the sockets, and counts from the next token on', async () => {
  const who = await customer();
  const phone = await open(who);
  await call('PATCH', `/users/${who.id}`, { token: (await boss()).token, body: { role: 'staff' } });
  await ended(phone);
  const promoted = await login(who);
  assert.equal(promoted.role, 'staff');
  const line = await open(promoted);
  await mark(await customer(), line); // somebody else's booking
});

test('a user who is deactivated is out', async () => {
  const who = await staff();
  const van = await open(who);
  await call('PATCH', `/users/${who.id}`, { token: (await boss()).token, body: { active: false } });
  await ended(van);
  await call('POST', '/auth/login', { body: { email: who.email, password: who.password }, want: 401 });
});

test('a token that expires ends its sockets', async () => {
  const who = await customer();
  const now = Math.floor(Date.now() / 1000);
  const phone = await open({ token: resigned(who.token, { exp: now + 3 }) });
  const tablet = await open(who);
  await ended(phone, 'expired_token');
  assert.ok(Date.now() / 1000 >= now + 3, 'too early');
  await mark(who, tablet);
});

// A polling client that was put out is told at its next poll. Where none comes, the server must not wait for it when it
// stops, which it does after the scenarios: it once held its own end up for the whole drain and then exited with 1.
test('a client that vanished leaves nothing behind', async () => {
  const who = await customer();
  const address = `${base}/socket.io/?EIO=4&transport=polling`;
  const exchange = async (url, options) => (await fetch(url, options)).text();
  const { sid } = JSON.parse((await exchange(address)).slice(1));
  await exchange(`${address}&sid=${sid}`, { method: 'POST', body: `40${JSON.stringify({ token: who.token })}` });
  assert.match(await exchange(`${address}&sid=${sid}`), /^40\{/);
  await call('POST', '/auth/logout', { token: who.token });
});
