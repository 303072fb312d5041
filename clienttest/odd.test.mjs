import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts, refuses } from './check.mjs';
import { create, customer, read } from './desk.mjs';
import { open } from './line.mjs';
import { mark } from './stage.mjs';

const bytes = Buffer.from([1, 2, 3]);
const nested = (depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

test('what nobody understands is answered or ignored, and nobody is put out', async () => {
  const owner = await customer('odd');
  const { _id } = await create(owner);
  const line = await open(owner);
  const sid = line.socket.id;
  const events = ['nonsense', '', 'toString', '__proto__', 'constructor', 'JOIN', 'bookingCreated', '*', 'a\u0000b', 'x'.repeat(5000)];
  for (const event of events) {
    line.socket.emit(event, { bookingId: _id });
    refuses(await line.ask(event), 'validation_failed', 'not_found', 'unknown_event', 'rate_limited');
  }
  const odd = [undefined, null, '', 0, 7, -1.5, true, [], {}, ['x'], { bookingId: {} }, { bookingId: [_id] }, bytes, { bytes }, nested(20), 'x'.repeat(10_000)];
  for (const event of ['join', 'leave', 'typing', 'messageRead', 'sendMessage']) {
    line.socket.emit(event);
    refuses(await line.ask(event), 'validation_failed', 'not_found', 'forbidden');
    for (const argument of odd) refuses(await line.ask(event, argument), 'validation_failed', 'not_found', 'forbidden', 'rate_limited');
  }
  const halves = [
    ['typing', { bookingId: _id, isTyping: 'yes' }],
    ['messageRead', { bookingId: _id, messageId: { $gt: '' } }],
    ['messageRead', { bookingId: _id, messageId: 7 }],
    ['sendMessage', { bookingId: _id, message: { $gt: '' } }],
    ['sendMessage', { bookingId: _id, message: 7 }],
    ['sendMessage', { bookingId: _id, message: bytes }],
    ['sendMessage', { bookingId: _id, message: 'zoulqui', clientId: {} }],
    ['sendMessage', { bookingId: _id, message: 'zoulqui \u0000' }],
    ['sendMessage', { bookingId: _id, message: 'x'.repeat(100_000) }],
  ];
  for (const [event, argument] of halves) refuses(await line.ask(event, argument), 'validation_failed', 'not_found', 'rate_limited');

  accepts(await line.ask('join', owner.id, 'more', { than: 'asked for' }));
  accepts(await line.ask('presence'));
  await mark(owner, line);
  assert.equal(line.socket.id, sid);
  assert.equal(line.states.length, 1);
  assert.equal((await read(owner, _id)).updates.length, 0);
});

test('what nobody would send costs its sender the connection, and no more', async () => {
  const owner = await customer('deep');
  const line = await open(owner);
  for (const [i, argument] of [nested(1000), 'x'.repeat(1_000_001)].entries()) {
    line.socket.emit('join', argument);
    await line.until('another connect', () => line.states.filter((s) => s.state === 'connect').length === i + 2);
  }
  await mark(owner, line);
  assert.deepEqual(line.states.map((s) => s.state), ['connect', 'disconnect', 'connect', 'disconnect', 'connect']);
});

test('too many events of a user are refused, and only theirs', async () => {
  const [owner, other] = await Promise.all([customer('fast'), customer('slow')]);
  const { _id } = await create(owner);
  const [line, second, calm] = await Promise.all([open(owner), open(owner), open(other)]);
  const acks = await Promise.all(Array.from({ length: 300 }, (_, i) => (i % 2 ? line : second).ask('typing', { bookingId: _id })));
  const refused = acks.filter((a) => !a.ok);
  assert.ok(refused.length > 0 && refused.length < 300, `${refused.length} of 300 refused`);
  for (const ack of refused) refuses(ack, 'rate_limited');
  accepts(await line.ask('presence')); // each event has a bucket of its own
  const theirs = await create(other);
  accepts(await calm.ask('typing', { bookingId: theirs._id }));
  assert.equal(line.states.length, 1);
});
