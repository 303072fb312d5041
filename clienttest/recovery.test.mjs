// A client whose line is cut gets what it missed when it is back: once, in order, and it knows that it has everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boss, change, create, customer, login, resigned, staff, call, write } from './desk.mjs';
import { away, cut, inOrder, open } from './line.mjs';
import { mark } from './stage.mjs';

test('what was missed comes once and in order', async () => {
  const who = await customer();
  const phone = await open(who);
  const { id } = phone.socket;
  assert.equal(phone.socket.recovered, false);
  const booking = await create(who);
  await phone.next('bookingCreated', { bookingId: booking._id });
  for (let round = 0; round < 3; round++) {
    await away(phone, async () => {
      await write(await boss(), booking._id, `round ${round}`);
      await change(await boss(), booking._id, { status: 'Scheduled', message: `round ${round}` });
    });
    assert.equal(phone.socket.recovered, true);
    assert.equal(phone.socket.id, id);
    await phone.next('bookingMessage', { message: `round ${round}` });
    await phone.next('bookingStatusChanged', { message: `round ${round}` });
  }
  await mark(who, phone);
  assert.deepEqual(phone.about(booking._id), ['bookingCreated', ...Array(3).fill(['bookingMessage', 'bookingUpdated', 'bookingStatusChanged']).flat()]);
  inOrder(phone);
});

test('before the first event, and when nothing was missed', async () => {
  const who = await customer();
  const phone = await open(who);
  await away(phone, () => {});
  assert.equal(phone.socket.recovered, true);
  await away(phone, () => {});
  assert.equal(phone.socket.recovered, true);
  const booking = await away(phone, () => create(who));
  assert.equal(phone.socket.recovered, true);
  await phone.next('bookingCreated', { bookingId: booking._id });
  await mark(who, phone);
  assert.deepEqual(phone.about(booking._id), ['bookingCreated']);
});

test('staff get what was for their rooms, but not for those they left', async () => {
  const who = await customer();
  const van = await open(await staff());
  const first = await away(van, () => create(who));
  assert.equal(van.socket.recovered, true);
  await van.next('bookingCreated', { bookingId: first._id });
  await van.ask('leave', 'staff-room');
  for (let round = 0; round < 2; round++) {
    const second = await away(van, () => create(who));
    assert.equal(van.socket.recovered, true);
    assert.deepEqual(van.about(second._id), []);
  }
  await van.ask('join', 'staff-room');
  const third = await create(who);
  await van.next('bookingCreated', { bookingId: third._id });
});

// misled plays a client that is away and comes back with something else than it was given.
async function misled(change) {
  const who = await customer();
  const other = await customer();
  const phone = await open(who);
  const tablet = await open(who);
  const before = await create(who);
  await phone.next('bookingCreated', { bookingId: before._id });
  const missed = await away(phone, async () => {
    await change(phone, who, other);
    await create(other);
    const booking = await create(who);
    await tablet.next('bookingCreated', { bookingId: booking._id }); // else it may be told after the phone is back
    return booking;
  });
  tablet.close();
  assert.equal(phone.socket.recovered, false);
  assert.deepEqual(phone.about(missed._id), []);
  await mark(who, phone);
  assert.deepEqual(phone.about(missed._id), [], 'a part of what was missed');
  const again = await away(phone, () => create(who));
  assert.equal(phone.socket.recovered, true, 'what it was given anew');
  await phone.next('bookingCreated', { bookingId: again._id });
  assert.equal(new Set(phone.events.map((e) => e.payload.bookingId)).size, phone.events.length);
}

const flipped = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

for (const [name, twist] of Object.entries({
  'a forged pid': (line) => { line.socket._pid = flipped(line.socket._pid, 40); },
  'a pid with another signature': (line) => { line.socket._pid = flipped(line.socket._pid, 100); },
  'a pid that is none': (line) => { line.socket._pid = 'x'.repeat(100_000); },
  'a pid that is cut': (line) => { line.socket._pid = line.socket._pid.slice(0, -1); },
  'a pid with something behind it': (line) => { line.socket._pid += 'A'; },
  'an offset that is none': (line) => { line.socket._lastOffset = 'yesterday'; },
  'an offset that never was': (line) => { line.socket._lastOffset = line.socket._lastOffset.replace(/.-/, (c) => `${(Number(c[0]) + 1) % 10}-77`); },
  'an offset of long ago': (line) => { line.socket._lastOffset = '1-1'; },
  'an offset of the future': (line) => { line.socket._lastOffset = '99999999999999-0'; },
  'an offset beyond all numbers': (line) => { line.socket._lastOffset = '99999999999999999999999-0'; },
  'the offset of another user\'s event': async (line, _, other) => {
    const tablet = await open(other);
    const theirs = await create(other);
    await tablet.next('bookingCreated', { bookingId: theirs._id });
    line.socket._lastOffset = tablet.socket._lastOffset;
    tablet.close();
  },
  'another user\'s pid': async (line, _, other) => {
    const tablet = await open(other);
    line.socket._pid = tablet.socket._pid;
    tablet.close();
  },
})) {
  test(`${name} recovers nothing`, () => misled(twist));
}

test('who comes back as another user gets nothing of the first', async () => {
  const who = await customer();
  const other = await customer();
  const phone = await open(who);
  const missed = await away(phone, async () => {
    phone.socket.auth = { token: other.token };
    return create(who);
  });
  assert.equal(phone.socket.recovered, false);
  await mark(other, phone);
  assert.deepEqual(phone.about(missed._id), []);
});

test('who logs in again as the same user recovers', async () => {
  const who = await customer();
  const phone = await open(who);
  const missed = await away(phone, async () => {
    phone.socket.auth = { token: (await login(who)).token };
    return create(who);
  });
  assert.equal(phone.socket.recovered, true);
  await phone.next('bookingCreated', { bookingId: missed._id });
});

test('who was promoted or demoted meanwhile begins anew, with the rights of now', async () => {
  let who = await staff();
  const van = await open(who);
  const missed = await away(van, async () => {
    await call('PATCH', `/users/${who.id}`, { token: (await boss()).token, body: { role: 'customer' } });
    who = await login(who);
    van.socket.auth = { token: who.token };
    return create(await customer());
  });
  assert.equal(van.socket.recovered, false);
  await mark(who, van);
  assert.deepEqual(van.about(missed._id), []);
});

test('who was deactivated meanwhile stays out', async () => {
  const who = await staff();
  const van = await open(who);
  await van.upgraded();
  van.socket.io.reconnection(false);
  cut(van);
  await van.until('disconnect', () => van.states.some((s) => s.state === 'disconnect'));
  const heard = van.events.length; // what others do, staff hear of
  await call('PATCH', `/users/${who.id}`, { token: (await boss()).token, body: { active: false } });
  await create(await customer());
  van.socket.connect();
  assert.equal(await van.refused(), 'revoked_token');
  assert.deepEqual(van.events.slice(heard), []);
});

test('who said goodbye begins anew', async () => {
  const who = await customer();
  const phone = await open(who);
  await phone.upgraded();
  phone.socket.disconnect();
  const missed = await create(who);
  phone.socket.connect();
  await phone.until('connect', () => phone.states.filter((s) => s.state === 'connect').length === 2);
  assert.equal(phone.socket.recovered, false);
  await mark(who, phone);
  assert.deepEqual(phone.about(missed._id), []);
});

// The line is cut so that only the client knows: its older connection is alive for the server.
test('a client that is back before it was missed takes the place of its older connection', async () => {
  const who = await customer();
  const phone = await open(who);
  await phone.upgraded();
  const twin = await open(who);
  await twin.upgraded();
  twin.socket.io.reconnection(false);
  cut(twin);
  await twin.until('disconnect', () => twin.states.some((s) => s.state === 'disconnect'));
  const { id } = phone.socket;
  twin.socket._pid = phone.socket._pid;
  twin.socket._lastOffset = phone.socket._lastOffset;
  phone.socket.io.reconnection(false);
  twin.socket.connect();
  await twin.until('connect', () => twin.states.filter((s) => s.state === 'connect').length === 2);
  assert.equal(twin.socket.id, id);
  assert.equal(twin.socket.recovered, true);
  await phone.until('disconnect', () => phone.states.some((s) => s.state === 'disconnect'));
  await mark(who, twin);
});

test('a token that expired meanwhile is refused, and the next one recovers', async () => {
  const who = await customer();
  const phone = await open(who);
  const missed = await away(phone, async () => {
    const old = resigned(who.token, { exp: Math.floor(Date.now() / 1000) - 10 });
    phone.socket.auth = { token: old };
    phone.socket.connect();
    await phone.until('refused', () => phone.states.some((s) => s.code === 'expired_token'));
    phone.socket.auth = { token: who.token };
    return create(who);
  });
  assert.equal(phone.socket.recovered, true);
  await phone.next('bookingCreated', { bookingId: missed._id });
});
