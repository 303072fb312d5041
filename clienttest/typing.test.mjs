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

// types says that somebody types, and waits until all of these lines were told who. A word that comes between two polls of
// a line is lost for it, so where lines only poll it is said again until everybody has heard it, as a phone does that is typed on.
async function types(line, who, id, told) {
  for (let left = transport === 'polling' ? 30 : 1; ; left--) {
    accepts(await line.ask('typing', { bookingId: id, isTyping: true }));
    try {
      return await Promise.all(told.map((l) => l.next('userTyping', { bookingId: id, userId: who.id, isTyping: true }, left > 1 ? 500 : undefined)));
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

const typed = (line, id) => line.payloads('userTyping', id).map((p) => p.isTyping);

// Between two polls a line may miss what is volatile, so everybody is where they are to stay before it begins.
await Promise.all([phone, tablet, van, shop, office].map((line) => line.upgraded()));

test('typing is told to the other participants, and not to the other devices of who types', () => rounds(async (wait) => {
  const id = await assigned();
  accepts(await phone.ask('typing', { bookingId: id })); // typing is what is meant where nothing is said
  if (transport === 'polling') await types(phone, owner, id, [van, office]);
  shape(await van.next('userTyping', { bookingId: id }, wait), { bookingId: id, userId: owner.id, isTyping: true });
  await office.next('userTyping', { bookingId: id }, wait);
  if (transport === 'polling') {
    // Of words that are not said again a client that only polls misses some.
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

test('the assignee types to the owner, an admin to both', async () => {
  const id = await assigned();
  await types(van, worker, id, [phone, tablet]);
  await types(office, boss, id, [phone, van]);
  await mark(owner, van, office);
  const heard = (line) => line.payloads('userTyping', id).map((p) => p.userId);
  assert.deepEqual([...new Set(heard(van))], [boss.id]);
  // Nobody waited for what the office is told: between two polls it may have missed it, but nothing else came.
  if (transport !== 'polling') assert.deepEqual(heard(office), [worker.id]);
  for (const by of heard(office)) assert.equal(by, worker.id);
  accepts(await van.ask('typing', { bookingId: id, isTyping: false }));
  accepts(await office.ask('typing', { bookingId: id, isTyping: false }));
});

test('who disconnects stops typing', () => rounds(async (wait) => {
  const id = await assigned();
  const leaving = await open(owner);
  await types(leaving, owner, id, [van]);
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
