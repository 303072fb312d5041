// What a client is promised holds although the desk is killed or stopped meanwhile, although its log is trimmed, and for one
// who has stopped reading. These scenarios start their own desk: see own.mjs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, boss, call, create, customer, read, staff, write } from './desk.mjs';
import { all, away, inOrder, open, transport } from './line.mjs';
import { Desk } from './own.mjs';

const desk = new Desk();
before(() => desk.start());
after(async () => {
  for (const line of all()) line.close();
  await desk.kill();
});

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// insist repeats a request until the desk has answered it.
async function insist(request, deadline = Date.now() + 30_000) {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof TypeError) || Date.now() > deadline) throw error; // what fetch throws without an answer
    }
    await pause(20);
  }
}

// said returns the messages that a line was told about a booking, in order.
const said = (line, booking) => line.payloads('bookingMessage', booking._id).map((p) => p.messageId);

// stored returns the messages of a booking, in order.
const stored = async (who, booking) => (await read(who, booking._id)).updates.filter((u) => u.kind === 'message').map((u) => u._id);

// back waits until the lines have connected again, and checks that they resumed each time.
async function back(lines, before) {
  for (const [i, line] of lines.entries()) {
    await line.until('connect', () => line.socket.connected && line.times('connect') > before[i], 60_000);
    assert.ok(line.states.filter((s) => s.state === 'connect').slice(1).every((s) => s.recovered), JSON.stringify(line.states));
  }
}

for (const [how, end] of Object.entries({ killed: () => desk.kill(), stopped: () => desk.stop() })) {
  test(`the desk is ${how} while messages are written, again and again`, async () => {
    const owner = await customer();
    const chief = await admin();
    const booking = await create(owner);
    const lines = [await open(owner), await open(owner, 'polling'), await open(chief)];
    const quiet = await open(await staff());
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        await insist(() => write(owner, booking._id, `message ${n}`, `${how}-${n}`));
        await pause(25); // a booking has 500 entries at most
      }
    })();
    for (let round = 0; round < 4; round++) {
      const told = lines[0].events.length;
      await lines[0].until('more messages', () => lines[0].events.length > told + 10);
      const connects = [...lines, quiet].map((line) => line.times('connect'));
      await end();
      await desk.start();
      await back([...lines, quiet], connects);
    }
    writing = false;
    await writer;
    const last = await write(owner, booking._id, 'the end');
    const want = await stored(owner, booking);
    for (const line of lines) {
      await line.next('bookingMessage', { messageId: last._id });
      assert.deepEqual(said(line, booking), want, 'what was told is not what is stored');
      inOrder(line);
    }
    assert.deepEqual(said(quiet, booking), []);
    for (const line of [...lines, quiet]) line.close();
  });
}

// Which rooms were left only the process knows that was told. The name of this test said that a restart does not forget it,
// and nothing in it ever left a room.
test('rooms that were left are left until the desk is killed, and who was sent away stays away', async () => {
  const who = await staff();
  const van = await open(who);
  assert.equal((await van.ask('leave', 'staff-room')).ok, true);
  const first = await away(van, async () => create(await customer()));
  assert.equal(van.socket.recovered, true);
  assert.deepEqual(van.about(first._id), [], 'it was not in the room');
  const second = await away(van, async () => {
    const made = await create(await customer());
    await desk.kill();
    await desk.start();
    return made;
  });
  assert.equal(van.socket.recovered, true);
  await van.next('bookingCreated', { bookingId: second._id });
  for (const made of [first, second]) assert.deepEqual(van.about(made._id), ['bookingCreated'], 'by its token it is in the room');
  inOrder(van);
  await call('PATCH', `/users/${who.id}`, { token: (await boss()).token, body: { active: false } });
  await van.until('disconnect', () => !van.socket.connected);
  await desk.kill();
  await desk.start();
  van.socket.connect();
  assert.equal(await van.refused(), 'revoked_token');
});

const keep = 4000;
const short = { RECOVERY_WINDOW: '1s', LOG_RETENTION: `${keep}ms`, PING_INTERVAL: '1s', PING_TIMEOUT: '2s' };

// trimmed waits until the log has not got a booking's events any more.
const trimmed = (booking) => desk.says('the log is trimmed', (line) => (
  line.message === 'Log trimmed' && Date.parse(line.time) >= Date.parse(booking.createdAt) + keep
));

test('whoever was quiet for long recovers, and who missed what is gone does not', async () => {
  await desk.stop();
  await desk.start({ ...short, LOG_LEVEL: 'debug' });
  const people = await Promise.all([customer(), customer(), customer()]);
  const [mute, quiet, late] = await Promise.all(people.map((who) => open(who)));
  const old = await create(people[1]);
  await quiet.next('bookingCreated', { bookingId: old._id });
  const gone = await away(late, async () => {
    const made = await create(people[2]);
    await trimmed(made);
    const connects = [mute, quiet].map((line) => line.times('connect'));
    await desk.kill(); // what it holds in memory is longer than its log
    await desk.start({ ...short, LOG_LEVEL: 'debug' });
    await back([mute, quiet], connects);
    return made;
  });
  assert.equal(late.socket.recovered, false, 'what it missed is gone');
  assert.deepEqual(late.about(gone._id), [], 'a part of what was missed');
  for (const [line, who, what] of [[mute, people[0], 'no event at all'], [quiet, people[1], 'an event that is gone'], [late, people[2], 'a new pid']]) {
    const made = await away(line, () => create(who));
    assert.equal(line.socket.recovered, true, what);
    await line.next('bookingCreated', { bookingId: made._id });
    assert.deepEqual(line.about(made._id), ['bookingCreated']);
  }
});

test('who stops reading is closed as slow, and gets everything once it reads again', { skip: transport === 'polling' && 'a poll ends by itself' }, async () => {
  await desk.stop();
  await desk.start({ MAX_QUEUE: '65536' });
  const chief = await admin();
  const van = await open(chief, 'websocket');
  await van.upgraded();
  const owner = await customer();
  let slow = false;
  const { id } = van.socket;
  const closed = desk.says('it is closed as slow', (l) => l.message === 'Socket disconnected' && l.sid === id && l.reason === 'slow consumer')
    .then(() => { slow = true; });
  van.socket.io.engine.transport.ws.pause();
  const bookings = [];
  const told = (line) => line.events.filter((e) => e.name === 'bookingMessage').map((e) => e.payload.messageId);
  const writers = Array.from({ length: 6 }, async () => {
    while (!slow) {
      const booking = await create(owner);
      bookings.push(booking);
      for (let n = 0; n < 400 && !slow; n++) await write(owner, booking._id, '\u6f22'.repeat(2000));
    }
  });
  await Promise.all([closed, ...writers]);
  van.socket.io.engine.transport.ws.resume();
  await van.until('connect', () => van.times('connect') === 2, 30_000);
  assert.equal(van.socket.recovered, true);
  const last = await write(owner, bookings[0]._id, 'the end');
  await van.next('bookingMessage', { messageId: last._id }, 30_000);
  const want = [];
  for (const booking of bookings) want.push(...await stored(owner, booking));
  assert.deepEqual(told(van).sort(), want.sort());
  inOrder(van);
});
