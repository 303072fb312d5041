import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts, refuses, shape } from './check.mjs';
import { admin, change, create, customer, staff } from './desk.mjs';
import { open, transport } from './line.mjs';
import { mark, rounds, stranger } from './stage.mjs';

const [owner, worker, other, boss] = await Promise.all([customer('owner'), staff('worker'), staff('other'), admin('boss')]);
const [phone, tablet, van, shop, office] = await Promise.all([open(owner), open(owner), open(worker), open(other), open(boss)]);

async function assigned() {
  const made = await create(owner);
  await change(boss, made._id, { assignedTo: worker.id });
  return made._id;
}

const typed = (line, id) => line.payloads('userTyping', id).map((p) => p.isTyping);

// Between two polls a line may miss what is volatile, so everybody is where they are to stay before it begins.
await Promise.all([phone, tablet, van, shop, office].map((line) => line.upgraded()));

test('typing is told to the other participants, and not to the other devices of who types', () => rounds(async (wait) => {
  const id = await assigned();
  accepts(await phone.ask('typing', { bookingId: id }));
  shape(await van.next('userTyping', { bookingId: id }, wait), { bookingId: id, userId: owner.id, isTyping: true });
  await office.next('userTyping', { bookingId: id }, wait);
  if (transport === 'polling') {
    // Of several words in a row a client that only polls misses some.
    await mark(owner, phone, tablet, shop);
    for (const line of [phone, tablet, shop]) assert.deepEqual(typed(line, id), []);
    return;
  }
  accepts(await phone.ask('typing', { bookingId: id, isTyping: false }));
  await van.next('userTyping', { bookingId: id, isTyping: false }, wait);
  await office.next('userTyping', { bookingId: id, isTyping: false }, wait);
  phone.socket.emit('typing', { bookingId: id, isTyping: true });
  await van.until('typing again', () => typed(van, id).length === 3, wait);
  phone.socket.emit('typing', { bookingId: id, isTyping: false });
  await van.until('the end of it', () => typed(van, id).length === 4, wait);
  await mark(owner, phone, tablet, van, shop, office);
  assert.deepEqual(typed(van, id), [true, false, true, false]);
  assert.deepEqual(typed(office, id), [true, false, true, false]);
  for (const line of [phone, tablet, shop]) assert.deepEqual(typed(line, id), []);
}));

test('the assignee types to the owner, an admin to both', () => rounds(async (wait) => {
  const id = await assigned();
  accepts(await van.ask('typing', { bookingId: id, isTyping: true }));
  assert.equal((await phone.next('userTyping', { bookingId: id }, wait)).userId, worker.id);
  await tablet.next('userTyping', { bookingId: id }, wait);
  accepts(await office.ask('typing', { bookingId: id, isTyping: true }));
  await phone.next('userTyping', { bookingId: id, userId: boss.id }, wait);
  await van.next('userTyping', { bookingId: id, userId: boss.id }, wait);
  await mark(owner, van, office);
  assert.deepEqual(van.payloads('userTyping', id).map((p) => p.userId), [boss.id]);
  // Nobody waited for what the office is told: between two polls it may have missed it, but nothing else came.
  const told = office.payloads('userTyping', id).map((p) => p.userId);
  assert.deepEqual(told, transport === 'polling' ? told.map(() => worker.id) : [worker.id]);
  accepts(await van.ask('typing', { bookingId: id, isTyping: false }));
  accepts(await office.ask('typing', { bookingId: id, isTyping: false }));
}));

test('who disconnects stops typing', () => rounds(async (wait) => {
  const id = await assigned();
  const leaving = await open(owner);
  accepts(await leaving.ask('typing', { bookingId: id, isTyping: true }));
  await van.next('userTyping', { bookingId: id, isTyping: true }, wait);
  const began = Date.now();
  leaving.close();
  await van.next('userTyping', { bookingId: id, isTyping: false }, wait);
  assert.ok(Date.now() - began < 4000, 'it was not the disconnect that ended it');
  await mark(owner, phone);
  assert.deepEqual(typed(phone, id), []);
}));

if (transport === 'websocket') test('typing ends by itself after six seconds', async () => { // once is enough
  const id = await assigned();
  accepts(await phone.ask('typing', { bookingId: id, isTyping: true }));
  await van.next('userTyping', { bookingId: id, isTyping: true });
  const began = Date.now();
  await van.next('userTyping', { bookingId: id, isTyping: false });
  const took = Date.now() - began;
  assert.ok(took > 5500 && took < 9000, `it took ${took} ms`);
});

test('nobody types on what is not theirs', async () => {
  const id = await assigned();
  const away = await open(stranger);
  refuses(await away.ask('typing', { bookingId: id, isTyping: true }), 'not_found');
  refuses(await away.ask('typing', { bookingId: 'nowhere' }), 'not_found');
  refuses(await away.ask('typing', {}), 'validation_failed');
  await mark(owner, phone, van, office);
  for (const line of [phone, van, office]) assert.deepEqual(typed(line, id), []);
});
