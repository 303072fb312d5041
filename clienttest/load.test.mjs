import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, call, change, create, customer, details, read, staff } from './desk.mjs';
import { open } from './line.mjs';
import { mark } from './stage.mjs';

const [worker, boss, ...owners] = await Promise.all([staff(), admin(), ...Array.from({ length: 5 }, () => customer('owner'))]);
const [van, office, ...phones] = await Promise.all([worker, boss, ...owners].map((who) => open(who)));

test('50 bookings at once from 5 users', async () => {
  const made = await Promise.all(Array.from({ length: 50 }, async (_, i) => ({ by: i % 5, ...(await create(owners[i % 5], { model: `M${i}` })) })));
  const ids = made.map((b) => b._id);
  assert.equal(new Set(ids).size, 50);
  assert.equal(new Set(made.map((b) => b.code)).size, 50);
  for (const [i, owner] of owners.entries()) await mark(owner, phones[i], van, office);
  const told = (line, name) => line.events.filter((e) => e.name === name && ids.includes(e.payload.bookingId)).map((e) => e.payload.bookingId);
  for (const [i, phone] of phones.entries()) {
    assert.deepEqual(told(phone, 'bookingCreated').sort(), made.filter((b) => b.by === i).map((b) => b._id).sort());
    assert.deepEqual(told(phone, 'newBooking'), []);
  }
  for (const list of [told(van, 'bookingCreated'), told(office, 'bookingCreated'), told(office, 'newBooking')]) {
    assert.deepEqual([...list].sort(), [...ids].sort());
    assert.deepEqual(list, told(van, 'bookingCreated'), 'another order');
  }
});

test('20 changes at once of one booking are one chain', async () => {
  const [owner, phone] = [owners[0], phones[0]];
  const { _id } = await create(owner);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => call('PATCH', `/bookings/${_id}/status`, {
    token: [worker, boss][i % 2].token, body: { status: i % 2 ? 'Pending' : 'Scheduled', message: `zoulqui ${i}` }, want: [200, 409],
  })));
  const done = answers.filter((a) => a.status === 200).length;
  for (const a of answers) if (a.status === 409) assert.equal(a.body.code, 'conflict');
  await mark(owner, phone, van, office);
  const stored = await read(owner, _id);
  assert.equal(stored.version, 1 + done);
  for (const line of [phone, van, office]) {
    const chain = line.payloads('bookingUpdated', _id);
    assert.equal(chain.length, done);
    assert.deepEqual(chain.map((p) => p.version), Array.from({ length: done }, (_, i) => i + 2));
    assert.equal(chain[0].oldStatus, 'Pending');
    for (let i = 1; i < done; i++) assert.equal(chain[i].oldStatus, chain[i - 1].status, `link ${i}`);
    assert.equal(chain.at(-1).status, stored.status);
  }
  const said = phone.payloads('bookingStatusChanged', _id);
  assert.deepEqual(said.map((p) => p.version), phone.payloads('bookingUpdated', _id).map((p) => p.version));
  assert.deepEqual(said.map((p) => p.message), stored.updates.map((u) => u.message));
  const pairs = phone.about(_id).slice(1);
  for (let i = 0; i < pairs.length; i += 2) assert.deepEqual(pairs.slice(i, i + 2), ['bookingUpdated', 'bookingStatusChanged']);
  assert.ok(done > 0);
});

test('one Idempotency-Key 20 times at once is one booking', async () => {
  const [owner, phone] = [await customer('twice'), owners[1]];
  const line = await open(owner);
  const headers = { 'idempotency-key': 'zoulqui-key-1' };
  const made = await Promise.all(Array.from({ length: 20 }, () => create(owner, { model: 'Once' }, headers)));
  assert.equal(new Set(made.map((b) => b._id)).size, 1);
  const refused = await call('POST', '/bookings', { token: owner.token, body: details({ model: 'Twice' }), headers, want: 422 });
  assert.ok(refused.body.code);
  const other = await create(phone, { model: 'Once' }, headers); // the key belongs to the user
  assert.notEqual(other._id, made[0]._id);
  await mark(owner, line, van, office);
  assert.deepEqual(line.about(made[0]._id), ['bookingCreated']);
  assert.deepEqual(van.about(made[0]._id), ['bookingCreated']);
  const { body } = await call('GET', '/bookings/user?limit=50', { token: owner.token });
  assert.equal(body.totalCount, 2);
  assert.deepEqual(body.data.map((b) => b.model).sort(), ['OLED 65 inch', 'Once']);
});

test('20 changes from one version: one is done', async () => {
  const [owner, phone] = [owners[2], phones[2]];
  const made = await create(owner);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => call('PATCH', `/bookings/${made._id}`, {
    token: owner.token, body: { address: `${i} Zoulqui Street`, version: 1 }, want: [200, 409],
  })));
  const done = answers.filter((a) => a.status === 200);
  assert.equal(done.length, 1);
  for (const a of answers) {
    if (a.status !== 409) continue;
    assert.equal(a.body.code, 'conflict');
    assert.equal(a.body.booking?.version, 2, 'the present booking');
  }
  await mark(owner, phone);
  assert.deepEqual(phone.about(made._id), ['bookingCreated', 'bookingUpdated']);
  assert.equal((await read(owner, made._id)).address, done[0].body.booking.address);
  await change(boss, made._id, { status: 'Scheduled' });
});
