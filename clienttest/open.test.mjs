// The desk with SOCKET_AUTH=none and EVENT_AUDIENCE=everyone, for clients of an older kind: they bring no token and say
// themselves whose room they want.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { boss, change, create, customer, login, read } from './desk.mjs';
import { all, open, transports } from './line.mjs';
import { accepts, refuses, text } from './check.mjs';

after(() => all().forEach((line) => line.close()));

for (const by of Object.keys(transports)) {
  test(`a client without a token, ${by}`, async () => {
    const owner = await customer('owner');
    const [home, elsewhere, silent] = await Promise.all([open(undefined, by), open(undefined, by), open(undefined, by)]);
    assert.equal(home.socket._pid, undefined, 'a pid without a user');
    home.socket.emit('join', owner.id);
    accepts(await elsewhere.ask('join', (await customer('other')).id));

    accepts(await home.ask('join', owner.id)); // the first one has been done by now
    const made = await create(owner);
    await change(await boss(), made._id, { status: 'Scheduled' });
    await home.next('bookingStatusChanged', { bookingId: made._id }); // it may come after the answer to the change
    accepts(await home.ask('leave', owner.id));
    await change(await boss(), made._id, { status: 'Completed' });
    const mark = await create(owner);
    for (const line of [home, elsewhere, silent]) await line.next('bookingCreated', { bookingId: mark._id });

    assert.deepEqual(home.about(made._id), ['bookingCreated', 'bookingUpdated', 'bookingStatusChanged', 'bookingUpdated']);
    for (const line of [elsewhere, silent]) {
      assert.deepEqual(line.about(made._id), ['bookingCreated', 'bookingUpdated', 'bookingUpdated']);
    }
    for (const e of home.events) assert.ok(text(e.payload.eventId));
    await home.upgraded();
  });

  test(`what stays closed, ${by}`, async () => {
    const owner = await customer('owner');
    const made = await create(owner);
    const line = await open(undefined, by);
    for (const room of ['admin-room', 'staff-room', '*']) refuses(await line.ask('join', room), 'forbidden', 'not_found');
    const theirs = { bookingId: made._id };
    refuses(await line.ask('sendMessage', { ...theirs, message: 'zoulqui' }), 'unauthorized', 'forbidden', 'not_found');
    refuses(await line.ask('typing', theirs), 'unauthorized', 'forbidden', 'not_found');
    refuses(await line.ask('messageRead', { ...theirs, messageId: 'x' }), 'unauthorized', 'forbidden', 'not_found');
    assert.equal((await read(owner, made._id)).updates.length, 0);
    assert.equal(line.states.length, 1);
  });

  test(`a client with a token, ${by}`, async () => {
    const [owner, admin] = [await customer('owner'), await login({ email: 'admin@example.com', password: 'admin123' })];
    const [phone, office] = await Promise.all([open(owner, by), open(admin, by)]);
    const made = await create(owner);
    await phone.next('bookingCreated', { bookingId: made._id });
    await office.next('newBooking', { bookingId: made._id });
    accepts(await phone.ask('sendMessage', { bookingId: made._id, message: 'zoulqui hello' }));
    await office.next('bookingMessage', { bookingId: made._id });
    await change(admin, made._id, { status: 'Scheduled' });
    await phone.next('bookingStatusChanged', { bookingId: made._id });
    const mark = await create(owner);
    for (const line of [phone, office]) await line.next('bookingCreated', { bookingId: mark._id });
    assert.deepEqual(phone.about(made._id), ['bookingCreated', 'bookingMessage', 'bookingUpdated', 'bookingStatusChanged']);
    assert.deepEqual(office.about(made._id).sort(), ['bookingCreated', 'bookingMessage', 'bookingUpdated', 'newBooking']);
  });
}
