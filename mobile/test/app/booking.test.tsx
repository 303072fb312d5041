import { screen, waitFor } from '@testing-library/react-native';
import { Linking } from 'react-native';

import type { Booking, Role } from '../../src/api/contract';
import { Refusal } from './deskDouble';
import { accountOf, at, entry, notification, pageOf, peopleOf, sample, users } from './samples';
import { deliver, layOut, openWith, prepare, press, scrollTo, tab, type, type Stage } from './stage';

// show opens the screen of a booking from the list that the role has.
async function show(role: Role, booking: Booking): Promise<Stage> {
  const stage = prepare();
  stage.desk
    .on('GET /bookings/user', () => pageOf([booking]))
    .on('GET /bookings', ({ query }) => pageOf(query.assignedTo === undefined ? [booking] : []))
    .on('GET /users', ({ query }) => peopleOf(query.role === 'admin' ? [accountOf(users.admin)] : [accountOf(users.staff)]))
    .on(`GET /bookings/${booking._id}`, () => ({ success: true, booking }));
  await openWith(stage, role, role === 'customer' ? 'Sony Bravia 1' : role === 'staff' ? 'No open jobs' : 'By brand');
  if (role !== 'customer') {
    await tab(/All bookings/);
  }
  await press(/^Open booking Sony Bravia 1/, 'link');
  await screen.findByText('Timeline and messages');
  await screen.findByText(booking.code);
  return stage;
}

const readOf = (stage: Stage) => stage.line.questions.filter(([event]) => event === 'messageRead').map(([, argument]) => (argument as { messageId: string }).messageId);

const actions = ['Set to Scheduled', 'Set to Completed', 'Set to Pending', 'Assign', 'Reschedule', 'Change details', 'Cancel booking'];

test.each<[Role, Partial<Booking>, string[]]>([
  ['customer', { status: 'Pending' }, ['Reschedule', 'Change details', 'Cancel booking']],
  ['customer', { status: 'Scheduled' }, ['Cancel booking']],
  ['customer', { status: 'Completed' }, []],
  ['customer', { status: 'Cancelled' }, []],
  ['staff', { status: 'Pending' }, ['Set to Scheduled', 'Set to Completed', 'Assign', 'Reschedule', 'Change details', 'Cancel booking']],
  ['staff', { status: 'Cancelled' }, ['Change details']],
  ['admin', { status: 'Cancelled' }, ['Set to Pending', 'Change details']],
])('a %s may do to %j what the server lets them', async (role, change, may) => {
  await show(role, sample(1, change));
  expect(actions.filter((name) => screen.queryByRole('button', { name }) !== null)).toEqual(may);
});

test('its timeline tells who did and said what, with ticks on one’s own words only', async () => {
  const own = { updatedBy: users.customer.id, updatedByName: users.customer.name };
  await show(
    'customer',
    sample(1, {
      updates: [
        entry('m1', 1, { message: 'Hello' }),
        entry('m2', 2, { ...own, message: 'Is Friday fine?', readBy: [{ userId: users.staff.id, readAt: at(3) }] }),
        entry('m3', 3, { ...own, message: 'Or Monday?' }),
        entry('s1', 4, { kind: 'status', message: 'Friday it is', status: 'Scheduled', oldStatus: 'Pending' }),
      ],
    }),
  );
  expect(screen.getAllByTestId('message')).toHaveLength(3);
  expect(screen.getAllByTestId('read')).toHaveLength(1);
  expect(screen.getAllByTestId('sent')).toHaveLength(1);
  expect(screen.getByText('Friday it is')).toBeTruthy();
  expect(screen.getByTestId('status-Scheduled')).toBeTruthy();
});

test('what others wrote is read by being looked at, once', async () => {
  const stage = await show('customer', sample(1, { updates: [entry('m1', 1), entry('m2', 2, { readBy: [{ userId: users.customer.id, readAt: at(3) }] })] }));
  await layOut(800, 700);
  await waitFor(() => expect(readOf(stage)).toEqual(['m1']));
});

// Opening a booking marked every message as read, also those below the edge of the screen that nobody had seen.
test('what is below the edge of the screen is not read before somebody goes there', async () => {
  const status = entry('s1', 2, { kind: 'status', message: 'On Friday', status: 'Scheduled', oldStatus: 'Pending' });
  const stage = await show('customer', sample(1, { updates: [entry('m1', 1), status] }));
  await layOut(800, 2_000);
  await waitFor(() => expect(readOf(stage)).toEqual(['s1'])); // the status shows at the top
  expect(screen.getByRole('button', { name: '1 new message' })).toBeTruthy();
  await scrollTo(1_200, 800, 2_000);
  await waitFor(() => expect(readOf(stage)).toEqual(['s1', 'm1']));
  expect(screen.queryByRole('button', { name: '1 new message' })).toBeNull();
});

// The server tells the author alone that something was read. The reader's own badge stayed up until the next reload.
test('reading takes the number off the menu', async () => {
  const stage = prepare();
  const booking = sample(1, { updates: [entry('m1', 1), entry('m2', 2)] });
  const read = () => new Set(readOf(stage));
  stage.desk
    .on('GET /bookings/user', () => pageOf([booking]))
    .on('GET /bookings/b1', () => ({ success: true, booking }))
    .on('GET /notifications', () => ({ success: true, data: [], unread: 2 - read().size }));
  await openWith(stage, 'customer', 'Sony Bravia 1');
  await screen.findByRole('tab', { name: 'Notifications, 2 unread notifications' });
  await press(/^Open booking Sony Bravia 1/, 'link');
  await screen.findByText('text of m2');
  await layOut(800, 700);
  await waitFor(() => expect(read().size).toBe(2));
  await press('Back');
  await waitFor(() => expect(screen.queryAllByLabelText(/unread notification/).length).toBe(0));
});

test('who reads faster than the server allows says the rest later', async () => {
  const stage = await show('customer', sample(1, { updates: [entry('m1', 1), entry('m2', 2), entry('m3', 3)] }));
  stage.line.acks.messageRead = [{ ok: true }, { ok: false, code: 'rate_limited', message: 'slowly' }];
  await layOut(800, 700);
  await waitFor(() => expect(readOf(stage).slice(0, 2)).toEqual(['m1', 'm2']));
  await waitFor(() => expect(new Set(readOf(stage).slice(2))).toEqual(new Set(['m2', 'm3'])), { timeout: 12_000 });
  expect(readOf(stage).filter((id) => id === 'm1')).toHaveLength(1); // what was said is not said again
});

test('a message: typing is told, it is shown at once, and a refused one can be sent again', async () => {
  const stage = await show('customer', sample(1));
  stage.desk.on('POST /bookings/b1/messages', () => {
    throw new Refusal(409, 'timeline_full', 'There is no room for more.');
  });
  await type('Message', ' When do you come? ');
  expect(stage.line.emitted).toEqual([['typing', { bookingId: 'b1', isTyping: true }]]);
  await press('Send');
  expect(stage.line.emitted.at(-1)).toEqual(['typing', { bookingId: 'b1', isTyping: false }]);
  expect(await screen.findByText('Not sent')).toBeTruthy();
  stage.desk.on('POST /bookings/b1/messages', ({ body }) => ({
    success: true,
    message: entry('m1', 5, { ...(body as object), updatedBy: users.customer.id, updatedByName: users.customer.name }),
  }));
  await press('Send again');
  expect(await screen.findByTestId('sent')).toBeTruthy();
  expect(screen.getAllByText('When do you come?')).toHaveLength(1);
  const [first, second] = stage.desk.sent('POST /bookings/b1/messages') as { message: string; clientId: string }[];
  expect(first).toEqual(second); // the same clientId: one message, however often it is sent
  expect(first?.message).toBe('When do you come?');
});

test('messages, ticks and typing of others come live', async () => {
  const own = entry('m1', 1, { updatedBy: users.customer.id, updatedByName: users.customer.name });
  const stage = await show('customer', sample(1, { assignedTo: { _id: users.staff.id, name: users.staff.name, email: '', phone: '' }, updates: [own] }));
  await deliver(() => stage.line.deliver('userTyping', { bookingId: 'b1', userId: users.staff.id, isTyping: true }));
  expect(await screen.findByText('Vikram Rao is typing…')).toBeTruthy();
  await deliver(() =>
    stage.line.deliver('bookingMessage', { eventId: 'e1', bookingId: 'b1', messageId: 'm2', message: 'At ten', from: { id: users.staff.id, name: users.staff.name, role: 'staff' }, createdAt: at(2) }),
  );
  expect(await screen.findByText('At ten')).toBeTruthy();
  expect(screen.queryByText('Vikram Rao is typing…')).toBeNull();
  await deliver(() => stage.line.deliver('messageReadReceipt', { eventId: 'e2', bookingId: 'b1', messageId: 'm1', readBy: users.staff.id, readAt: at(3) }));
  expect(await screen.findByTestId('read')).toBeTruthy();
  await deliver(() => stage.line.deliver('userOnline', { userId: users.staff.id, at: at(4) }));
  expect(await screen.findByText('Vikram Rao · online')).toBeTruthy();
});

// A reconnect forgot who was typing in a way that left the screen with what it had, deaf to what came.
test('typing ends with the line, and is seen again after it is back', async () => {
  const stage = await show('customer', sample(1, { assignedTo: { _id: users.staff.id, name: users.staff.name, email: '', phone: '' } }));
  const types = () => deliver(() => stage.line.deliver('userTyping', { bookingId: 'b1', userId: users.staff.id, isTyping: true }));
  await types();
  expect(await screen.findByText('Vikram Rao is typing…')).toBeTruthy();
  await deliver(() => stage.line.back(true));
  await waitFor(() => expect(screen.queryAllByText('Vikram Rao is typing…').length).toBe(0));
  await types();
  expect(await screen.findByText('Vikram Rao is typing…')).toBeTruthy();
});

// Under its code a booking was kept where no event and no answer found it.
test('a booking that is opened by its code is as live as any', async () => {
  const stage = prepare();
  const booking = sample(1);
  stage.desk
    .on('GET /notifications', () => ({ success: true, unread: 0, data: [notification(1, { bookingId: booking.code, read: true })] }))
    .on(`GET /bookings/${booking.code}`, () => ({ success: true, booking }))
    .on('GET /bookings/b1', () => ({ success: true, booking }));
  await openWith(stage, 'customer', 'No bookings yet');
  await tab(/Notifications/);
  await press(/Sony Bravia 1/, 'link');
  await screen.findByText('Timeline and messages');
  await waitFor(() => expect(stage.desk.queries('GET /bookings/b1').length).toBeGreaterThan(0));
  await deliver(() =>
    stage.line.deliver('bookingMessage', { eventId: 'e1', bookingId: 'b1', messageId: 'm2', message: 'At ten', from: { id: users.staff.id, name: users.staff.name, role: 'staff' }, createdAt: at(2) }),
  );
  expect(await screen.findByText('At ten')).toBeTruthy();
});

test('phone, e-mail and address lead to other apps; where there is none, it is said', async () => {
  const open = jest.spyOn(Linking, 'openURL').mockRejectedValue(new Error('no app'));
  await show('staff', sample(1, { email: 'meera@example.com' }));
  await press('Call Meera Nair', 'link');
  await press('Write an e-mail to Meera Nair', 'link');
  await press('Show 12 Hill Road on the map', 'link');
  expect(open.mock.calls.flat()).toEqual(['tel:+915550100', 'mailto:meera@example.com', 'https://www.openstreetmap.org/search?query=12%20Hill%20Road']);
  expect((await screen.findAllByText('Nothing on this device can open that.')).length).toBeGreaterThan(0);
  open.mockRestore();
});

test('a customer cancels, after being asked, with a reason', async () => {
  const stage = await show('customer', sample(1, { version: 4 }));
  stage.desk.on('PATCH /bookings/b1/status', () => ({ success: true, booking: sample(1, { version: 5, status: 'Cancelled' }) }));
  await press('Cancel booking');
  await screen.findByText('Cancel this booking?');
  expect(stage.desk.sent('PATCH /bookings/b1/status')).toEqual([]);
  await type('Reason (optional)', ' Bought elsewhere ');
  await press('Cancel booking');
  expect(await screen.findByText('The booking is cancelled.')).toBeTruthy();
  expect(stage.desk.sent('PATCH /bookings/b1/status')).toEqual([{ status: 'Cancelled', message: 'Bought elsewhere', version: 4 }]);
  expect(await screen.findByTestId('status-Cancelled')).toBeTruthy();
});

test('keeping it sends nothing', async () => {
  const stage = await show('customer', sample(1));
  await press('Cancel booking');
  await press('Keep it');
  expect(screen.queryByText('Cancel this booking?')).toBeNull();
  expect(stage.desk.sent('PATCH /bookings/b1/status')).toEqual([]);
});

test('a change made from an old state is refused, and the present one is shown', async () => {
  const stage = await show('staff', sample(1));
  stage.desk.on('PATCH /bookings/b1/status', () => {
    throw new Refusal(409, 'conflict', 'Changed meanwhile.', { booking: sample(1, { version: 7, status: 'Cancelled' }) });
  });
  await press('Set to Scheduled');
  await screen.findByLabelText('Note for the customer (optional)');
  await press('Set to Scheduled');
  expect(await screen.findByText('Somebody changed this booking meanwhile. You see it as it is now; look and try again.')).toBeTruthy();
  expect(stage.desk.sent('PATCH /bookings/b1/status')).toHaveLength(1);
});

test('a message meanwhile is no conflict: the change is made again from there', async () => {
  const stage = await show('staff', sample(1));
  stage.desk.on('PATCH /bookings/b1/status', ({ body }) => {
    if ((body as { version: number }).version === 1) {
      throw new Refusal(409, 'conflict', 'Changed meanwhile.', { booking: sample(1, { version: 2, updates: [entry('m1', 1)] }) });
    }
    return { success: true, booking: sample(1, { version: 3, status: 'Completed' }) };
  });
  await press('Set to Completed');
  await screen.findByLabelText('Note for the customer (optional)');
  await press('Set to Completed');
  expect(await screen.findByText('The booking is now Completed.')).toBeTruthy();
  expect((stage.desk.sent('PATCH /bookings/b1/status') as { version: number }[]).map(({ version }) => version)).toEqual([1, 2]);
});

test('staff assign somebody', async () => {
  const stage = await show('staff', sample(1));
  stage.desk.on('PATCH /bookings/b1/status', () => ({
    success: true,
    booking: sample(1, { version: 2, assignedTo: { _id: users.admin.id, name: users.admin.name, email: '', phone: '' } }),
  }));
  await press('Assign');
  await press('Anita Kapoor, Admin', 'radio');
  await press('Save');
  expect(await screen.findByText('Assigned to Anita Kapoor.')).toBeTruthy();
  expect(stage.desk.sent('PATCH /bookings/b1/status')).toEqual([{ assignedTo: users.admin.id, version: 1 }]);
  expect(await screen.findByText('Anita Kapoor')).toBeTruthy();
});

test('changing details sends only what was changed', async () => {
  const stage = await show('customer', sample(1, { email: 'meera@example.com' }));
  stage.desk.on('PATCH /bookings/b1', () => ({ success: true, booking: sample(1, { version: 2, address: '7 Lake View' }) }));
  await press('Change details');
  await type('Address', '');
  await press('Save');
  expect(await screen.findByText('Please fill this in.')).toBeTruthy();
  await type('Address', ' 7 Lake View ');
  await type('E-mail', '');
  await press('Save');
  expect(await screen.findByText('Saved.')).toBeTruthy();
  expect(stage.desk.sent('PATCH /bookings/b1')).toEqual([{ version: 1, address: '7 Lake View', email: null }]);
  expect(await screen.findByText('7 Lake View')).toBeTruthy();
});

test('a booking that is not there, or not theirs to see', async () => {
  const stage = prepare();
  stage.desk.on('GET /notifications', ({ query }) => ({
    success: true,
    unread: 0,
    data: query.limit === '1' ? [] : [{ _id: 'n1', bookingId: 'gone', code: 'X', brand: 'LG', model: 'Mist', kind: 'message', message: 'note', timestamp: at(1), updatedBy: 'u', updatedByName: 'V', read: true }],
  }));
  await openWith(stage, 'customer', 'No bookings yet');
  await tab(/Notifications/);
  await press(/LG Mist/, 'link');
  expect(await screen.findByText('This booking is not there')).toBeTruthy();
});
