import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts, refuses } from './check.mjs';
import { admin, change, create, customer, staff } from './desk.mjs';
import { open } from './line.mjs';
import { mark } from './stage.mjs';

const [owner, victim, worker, boss] = await Promise.all([customer('owner'), customer('victim'), staff('worker'), admin('boss')]);

test('who leaves their own room is told nothing until they join it again', async () => {
  const [phone, tablet] = await Promise.all([open(owner), open(owner)]);
  accepts(await phone.ask('leave', owner.id));
  const missed = await create(owner);
  await change(boss, missed._id, { status: 'Scheduled' });
  await tablet.next('bookingStatusChanged', { bookingId: missed._id });
  accepts(await phone.ask('join', owner.id));
  accepts(await phone.ask('join', owner.id));
  await mark(owner, phone, tablet);
  assert.deepEqual(phone.about(missed._id), []);
  assert.deepEqual(tablet.about(missed._id), ['bookingCreated', 'bookingUpdated', 'bookingStatusChanged']);
  assert.equal(phone.events.length, 1);
});

test('leaving lasts for the connection', async () => {
  const phone = await open(owner);
  accepts(await phone.ask('leave', owner.id));
  await create(owner);
  phone.socket.io.engine.close(); // a line that is lost and resumed is still the same connection
  await phone.until('another connect', () => phone.states.filter((s) => s.state === 'connect').length === 2);
  assert.equal(phone.socket.recovered, true);
  await create(owner);
  const tablet = await open(owner);
  const id = await mark(owner, tablet);
  assert.deepEqual(tablet.events.map((e) => e.payload.bookingId), [id]);
  assert.deepEqual(phone.events, []);
});

test('staff and admins leave and join their rooms', async () => {
  const [van, office] = await Promise.all([open(worker), open(boss)]);
  accepts(await van.ask('leave', 'staff-room'));
  accepts(await office.ask('leave', 'admin-room'));
  const first = await create(owner);
  await office.next('bookingCreated', { bookingId: first._id });
  accepts(await van.ask('join', 'staff-room'));
  accepts(await office.ask('join', 'admin-room'));
  accepts(await office.ask('leave', 'staff-room'));
  const second = await create(owner);
  await van.next('bookingCreated', { bookingId: second._id });
  await office.next('newBooking', { bookingId: second._id });
  accepts(await office.ask('join', 'staff-room'));
  await mark(owner, van, office);
  assert.deepEqual(van.about(first._id), []);
  assert.deepEqual(office.about(first._id), ['bookingCreated']);
  assert.deepEqual(office.about(second._id), ['newBooking']);
});

test('rooms of others are refused and change nothing', async (t) => {
  const [phone, van, office, theirs] = await Promise.all([open(owner), open(worker), open(boss), open(victim)]);
  const foreign = [
    ["another customer's", phone, victim.id],
    ['the staff room as a customer', phone, 'staff-room'],
    ['the admin room as a customer', phone, 'admin-room'],
    ['the admin room as staff', van, 'admin-room'],
    ["a customer's as staff", van, victim.id],
    ["a customer's as an admin", office, victim.id],
    ['everybody', phone, '*'],
    ["somebody's socket", phone, theirs.socket.id],
    ['of nobody', phone, 'nobody'],
  ];
  for (const [name, line, room] of foreign) {
    await t.test(name, async () => {
      refuses(await line.ask('join', room), 'forbidden', 'not_found');
      refuses(await line.ask('leave', room), 'forbidden', 'not_found');
    });
  }
  const made = await create(victim);
  await change(boss, made._id, { status: 'Scheduled' });
  await theirs.next('bookingStatusChanged', { bookingId: made._id });
  await mark(owner, phone, van, office);
  assert.deepEqual(phone.about(made._id), []);
  assert.deepEqual(van.about(made._id), ['bookingCreated', 'bookingUpdated']);
  assert.deepEqual(office.about(made._id).sort(), ['bookingCreated', 'bookingUpdated', 'newBooking']);
});
