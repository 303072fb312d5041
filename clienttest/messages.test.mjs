import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts, refuses, shape, text, time } from './check.mjs';
import { admin, call, change, create, customer, read, staff, write } from './desk.mjs';
import { open } from './line.mjs';
import { mark, stranger } from './stage.mjs';

const [owner, worker, other, boss] = await Promise.all([customer('owner'), staff('worker'), staff('other'), admin('boss')]);
const [phone, tablet, van, shop, office] = await Promise.all([open(owner), open(owner), open(worker), open(other), open(boss)]);
const everybody = [phone, tablet, van, shop, office];

async function assigned() {
  const made = await create(owner);
  await change(boss, made._id, { assignedTo: worker.id });
  return made._id;
}

function entry(message, who, more = {}) {
  return {
    _id: text, kind: 'message', message, timestamp: time, updatedBy: who.id, updatedByName: who.name, readBy: [], ...more,
  };
}

test('a message over REST is told to owner, assignee and admins', async () => {
  const id = await assigned();
  const words = 'zoulqui नमस्ते 👋 \u2028 "quoted" \\ </script>\nsecond line';
  const said = await write(owner, id, words);
  shape(said, entry(words, owner));
  await mark(owner, ...everybody);
  const payload = {
    bookingId: id, messageId: said._id, message: words, from: { id: owner.id, name: owner.name, role: 'customer' },
    createdAt: said.timestamp, eventId: text,
  };
  for (const line of [phone, tablet, van, office]) {
    assert.equal(line.payloads('bookingMessage', id).length, 1);
    shape(line.payloads('bookingMessage', id)[0], payload);
  }
  assert.deepEqual(shop.payloads('bookingMessage', id), [], 'staff who are not assigned');
});

test('a message over a socket is the same, and its clientId makes it one', async () => {
  const id = await assigned();
  const send = { bookingId: id, message: 'zoulqui on my way', clientId: 'van-1' };
  const first = accepts(await van.ask('sendMessage', send)).message;
  shape(first, entry('zoulqui on my way', worker, { clientId: 'van-1' }));
  const again = accepts(await van.ask('sendMessage', send)).message;
  const other = accepts(await van.ask('sendMessage', { ...send, message: 'zoulqui reworded' })).message;
  const rest = await write(worker, id, 'zoulqui on my way', 'van-1');
  assert.deepEqual([again._id, other._id, rest._id], [first._id, first._id, first._id]);
  const second = accepts(await phone.ask('sendMessage', { ...send, message: 'zoulqui fine' })).message;
  assert.notEqual(second._id, first._id, "another user's clientId is another one");
  await mark(owner, ...everybody);
  for (const line of [phone, tablet, van, office]) {
    assert.deepEqual(line.payloads('bookingMessage', id).map((p) => p.messageId), [first._id, second._id]);
  }
  const stored = (await read(boss, id)).updates.filter((u) => u.kind === 'message').map((u) => u._id);
  assert.deepEqual(stored, [first._id, second._id]);
});

test('a message without an ack is a message', async () => {
  const id = await assigned();
  phone.socket.emit('sendMessage', { bookingId: id, message: 'zoulqui hello' });
  const told = await van.next('bookingMessage', { bookingId: id });
  assert.deepEqual(told.from, { id: owner.id, name: owner.name, role: 'customer' });
});

test('messages that cannot be are refused and told to nobody', async () => {
  const id = await assigned();
  const away = await open(stranger);
  refuses(await away.ask('sendMessage', { bookingId: id, message: 'zoulqui' }), 'not_found');
  refuses(await phone.ask('sendMessage', { bookingId: 'nowhere', message: 'zoulqui' }), 'not_found');
  refuses(await phone.ask('sendMessage', { bookingId: id, message: ' ' }), 'validation_failed');
  refuses(await phone.ask('sendMessage', { bookingId: id }), 'validation_failed');
  refuses(await phone.ask('sendMessage', { bookingId: id, message: 'é'.repeat(2001) }), 'validation_failed');
  accepts(await phone.ask('sendMessage', { bookingId: id, message: 'é'.repeat(2000) }));
  await mark(owner, ...everybody);
  assert.equal(office.payloads('bookingMessage', id).length, 1);
});

test('an entry that was read is told to its author, once', async () => {
  const id = await assigned();
  const said = await write(owner, id, 'zoulqui are you near?');
  accepts(await van.ask('messageRead', { bookingId: id, messageId: said._id }));
  accepts(await van.ask('messageRead', { bookingId: id, messageId: said._id }));
  accepts(await phone.ask('messageRead', { bookingId: id, messageId: said._id })); // one's own is not told
  await mark(owner, ...everybody);
  const [stored] = (await read(owner, id)).updates.filter((u) => u._id === said._id);
  assert.deepEqual(stored.readBy.map((r) => r.userId), [worker.id]);
  for (const line of [phone, tablet]) {
    assert.equal(line.payloads('messageReadReceipt', id).length, 1);
    shape(line.payloads('messageReadReceipt', id)[0], {
      bookingId: id, messageId: said._id, readBy: worker.id, readAt: stored.readBy[0].readAt, eventId: text,
    });
  }
  for (const line of [van, shop, office]) assert.deepEqual(line.payloads('messageReadReceipt', id), []);
  accepts(await office.ask('messageRead', { bookingId: id, messageId: said._id }));
  await tablet.until('the second reader', () => tablet.payloads('messageReadReceipt', id).length === 2);
});

test('what cannot be read is refused', async () => {
  const [id, elsewhere] = [await assigned(), await assigned()];
  const said = await write(owner, id, 'zoulqui hello');
  const away = await open(stranger);
  refuses(await van.ask('messageRead', { bookingId: elsewhere, messageId: said._id }), 'not_found');
  refuses(await van.ask('messageRead', { bookingId: id, messageId: 'nothing' }), 'not_found');
  refuses(await away.ask('messageRead', { bookingId: id, messageId: said._id }), 'not_found');
  refuses(await van.ask('messageRead', { bookingId: id }), 'validation_failed');
  const stored = (await read(owner, id)).updates.find((u) => u._id === said._id);
  assert.deepEqual(stored.readBy, []);
});

test('what was said while somebody was away is in their notifications', async () => {
  const id = await assigned();
  const said = await write(worker, id, 'zoulqui we ring twice');
  const { body } = await call('GET', '/notifications?limit=100', { token: owner.token });
  assert.ok(body.unread > 0);
  assert.ok(body.data.some((n) => JSON.stringify(n).includes(said._id) || JSON.stringify(n).includes(id)), 'the message is not there');
});
