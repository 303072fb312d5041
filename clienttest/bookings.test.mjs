import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { shape, text, time } from './check.mjs';
import { admin, call, change, create, customer, details, edit, read, staff } from './desk.mjs';
import { open } from './line.mjs';
import { mark, rounds } from './stage.mjs';

const [owner, worker, other, boss] = await Promise.all([customer('owner'), staff('worker'), staff('other'), admin('boss')]);
const [phone, tablet, van, shop, office] = await Promise.all([open(owner), open(owner), open(worker), open(other), open(boss)]);
const everybody = [phone, tablet, van, shop, office];

test('a new booking is told to both devices of its owner, to the staff and to the admins, once', async () => {
  const { body } = await call('POST', '/bookings', { token: owner.token, body: details() });
  const made = body.booking;
  assert.equal(made.status, 'Pending');
  assert.equal(made.createdBy, owner.id);
  assert.equal(made.preferredDateTime, '2031-05-06T07:08:09.000Z');
  const payload = {
    bookingId: made._id, customerName: 'Zoulqui Customer', brand: 'LG', model: 'OLED 65 inch', status: 'Pending',
    createdAt: made.createdAt, version: 1, eventId: text,
  };
  await mark(owner, ...everybody);
  for (const line of [phone, tablet, van, shop]) {
    assert.deepEqual(line.about(made._id), ['bookingCreated']);
    shape(line.payloads('bookingCreated', made._id)[0], payload);
  }
  assert.deepEqual(office.about(made._id).sort(), ['bookingCreated', 'newBooking']);
  shape(office.payloads('bookingCreated', made._id)[0], payload);
  shape(office.payloads('newBooking', made._id)[0], payload);
  assert.ok(time(made.createdAt));
});

test('a booking that is refused is told to nobody', async () => {
  const model = randomUUID();
  await call('POST', '/bookings', { token: owner.token, body: details({ model, brand: '' }), want: [400, 422] });
  await mark(owner, ...everybody);
  for (const line of everybody) assert.deepEqual(line.events.filter((e) => e.payload.model === model), []);
});

test('another status is told as bookingUpdated, then bookingStatusChanged to the owner', async () => {
  const made = await create(owner);
  const changed = await change(boss, made._id, { status: 'Scheduled' });
  assert.equal(changed.version, 2);
  await change(worker, made._id, { status: 'Completed', message: 'zoulqui all done' });
  await mark(owner, ...everybody);

  const story = ['bookingCreated', 'bookingUpdated', 'bookingStatusChanged', 'bookingUpdated', 'bookingStatusChanged'];
  const updates = (await read(owner, made._id)).updates.filter((u) => u.kind === 'status');
  for (const line of [phone, tablet]) {
    assert.deepEqual(line.about(made._id), story);
    const [first, second] = line.payloads('bookingStatusChanged', made._id);
    shape(first, {
      bookingId: made._id, status: 'Scheduled', oldStatus: 'Pending', message: 'Status changed to Scheduled',
      messageId: updates[0]._id, version: 2, eventId: text,
    });
    shape(second, {
      bookingId: made._id, status: 'Completed', oldStatus: 'Scheduled', message: 'zoulqui all done',
      messageId: updates[1]._id, version: 3, eventId: text,
    });
    assert.equal(line.events[line.events.findIndex((e) => e.payload === first) - 1].name, 'bookingUpdated', 'right after');
  }
  for (const line of [van, shop]) assert.deepEqual(line.about(made._id), ['bookingCreated', 'bookingUpdated', 'bookingUpdated']);
  assert.equal(office.payloads('bookingUpdated', made._id).length, 2);
  assert.deepEqual(office.payloads('bookingStatusChanged', made._id), []);
  for (const line of everybody) {
    shape(line.payloads('bookingUpdated', made._id)[0], {
      bookingId: made._id, customerName: 'Zoulqui Customer', brand: 'LG', model: 'OLED 65 inch', status: 'Scheduled', oldStatus: 'Pending',
      updatedAt: changed.updatedAt, version: 2, changed: (c) => c.includes('status'), eventId: text,
    });
  }
});

test('a change of nothing and a change that is refused are told to nobody', async () => {
  const made = await create(owner);
  const same = await change(boss, made._id, { status: 'Pending' });
  assert.equal(same.version, 1);
  await change(boss, made._id, { status: 'Completed' });
  await change(boss, made._id, { status: 'Pending' }, 409);
  await change(owner, made._id, { status: 'Scheduled' }, 403);
  await mark(owner, ...everybody);
  assert.deepEqual(phone.about(made._id), ['bookingCreated', 'bookingUpdated', 'bookingStatusChanged']);
  assert.deepEqual(shop.about(made._id), ['bookingCreated', 'bookingUpdated']);
});

test('a message with the present status is told to the owner too', async () => {
  const made = await create(owner);
  await change(boss, made._id, { message: 'zoulqui we are looking for a day' });
  await phone.next('bookingStatusChanged', { bookingId: made._id });
  const [said] = phone.payloads('bookingStatusChanged', made._id);
  assert.deepEqual([said.status, said.oldStatus, said.message], ['Pending', 'Pending', 'zoulqui we are looking for a day']);
});

test('an edit is told as bookingUpdated only', async () => {
  const made = await create(owner);
  await edit(owner, made._id, { address: '8 Zoulqui Lane, Mumbai' });
  await mark(owner, ...everybody);
  assert.deepEqual(phone.about(made._id), ['bookingCreated', 'bookingUpdated']);
  const [told] = shop.payloads('bookingUpdated', made._id);
  assert.deepEqual([told.status, told.oldStatus, told.changed], ['Pending', 'Pending', ['address']]);
  assert.ok(!JSON.stringify(told).includes('Zoulqui Lane'), 'the address is told to the whole staff');
});

test('an assignment is told to the assignee', async () => {
  const made = await create(owner);
  await change(boss, made._id, { assignedTo: worker.id });
  await mark(owner, ...everybody);
  assert.deepEqual(van.about(made._id), ['bookingCreated', 'bookingUpdated', 'jobAssigned']);
  shape(van.payloads('jobAssigned', made._id)[0], {
    bookingId: made._id, customerName: 'Zoulqui Customer', brand: 'LG', model: 'OLED 65 inch', address: '7 Zoulqui Lane, Mumbai',
    preferredDateTime: '2031-05-06T07:08:09.000Z', assignedBy: boss.name, eventId: text,
  });
  for (const line of [phone, shop]) assert.deepEqual(line.about(made._id), ['bookingCreated', 'bookingUpdated']);
  const [told] = phone.payloads('bookingUpdated', made._id);
  assert.deepEqual(told.assignedTo, { _id: worker.id, name: worker.name });
  assert.deepEqual(told.changed, ['assignedTo']);
});

test('status and assignee at once are one change', async () => {
  const made = await create(owner);
  await change(boss, made._id, { status: 'Scheduled', assignedTo: worker.id });
  await change(boss, made._id, { assignedTo: other.id });
  await change(boss, made._id, { assignedTo: null });
  await mark(owner, ...everybody);
  const story = ['bookingCreated', 'bookingUpdated', 'bookingStatusChanged', 'bookingUpdated', 'bookingUpdated'];
  assert.deepEqual(phone.about(made._id), story);
  assert.deepEqual(van.about(made._id), ['bookingCreated', 'bookingUpdated', 'jobAssigned', 'bookingUpdated', 'bookingUpdated']);
  assert.deepEqual(shop.about(made._id), ['bookingCreated', 'bookingUpdated', 'bookingUpdated', 'jobAssigned', 'bookingUpdated']);
  const versions = phone.payloads('bookingUpdated', made._id).map((p) => p.version);
  assert.deepEqual(versions, [2, 3, 4]);
  assert.equal('assignedTo' in phone.payloads('bookingUpdated', made._id)[2], false);
});

test('who does something is told of it like the others, once', async () => {
  const made = await create(boss);
  await change(boss, made._id, { status: 'Cancelled' });
  await change(boss, made._id, { status: 'Pending' });
  await mark(owner, ...everybody);
  const told = (name) => office.payloads(name, made._id).length;
  assert.deepEqual([told('bookingCreated'), told('newBooking'), told('bookingUpdated'), told('bookingStatusChanged')], [1, 1, 2, 2]);
  assert.deepEqual(phone.about(made._id), []);
});

test('the figures are told to admins only', () => rounds(async (wait) => {
  await office.upgraded();
  const before = office.events.length;
  await create(owner);
  const figures = () => office.events.slice(before).find((e) => e.name === 'statsUpdated');
  const { payload } = await office.until('statsUpdated', figures, wait);
  assert.ok(payload.totalBookings > 0 && Array.isArray(payload.recentBookings));
  await mark(owner, ...everybody);
  for (const line of [phone, tablet, van, shop]) assert.ok(!line.events.some((e) => e.name === 'statsUpdated'));
}));
