import { screen, waitFor } from '@testing-library/react-native';

import { deliver, open, openWith, prepare, press, tab, type, type Stage } from './stage';
import { handOver } from '../../src/services/file';
import { sectionsOf } from '../../src/screens/staff/JobsScreen';
import { Refusal } from './deskDouble';
import { accountOf, at, notification, overview, pageOf, peopleOf, sample, users } from './samples';

const mine = { _id: users.staff.id, name: users.staff.name, email: '', phone: '' };

describe('jobs', () => {
  test('are those assigned to oneself, and a new one is alerted and loaded', async () => {
    const stage = prepare();
    await open(stage, 'staff');
    expect(stage.desk.queries('GET /bookings').map(({ assignedTo, status }) => `${assignedTo} ${status}`).sort()).toEqual(['u-staff Pending', 'u-staff Scheduled']);
    stage.desk.on('GET /bookings', ({ query }) => pageOf(query.status === 'Scheduled' ? [sample(1, { status: 'Scheduled', assignedTo: mine, version: 2 })] : []));
    await deliver(() =>
      stage.line.deliver('jobAssigned', { eventId: 'j1', bookingId: 'b1', customerName: 'Meera Nair', brand: 'Sony', model: 'Bravia 1', address: '12 Hill Road', assignedBy: 'Anita' }),
    );
    expect(await screen.findByText('New job: Sony Bravia 1')).toBeTruthy();
    expect(screen.getByText('Meera Nair. Assigned by Anita.')).toBeTruthy();
    expect(await screen.findByText('Without a time')).toBeTruthy();
  });

  test('leave when they go to somebody else', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings', ({ query }) => pageOf(query.status === 'Scheduled' ? [sample(1, { status: 'Scheduled', assignedTo: mine })] : []));
    await openWith(stage, 'staff', 'Sony Bravia 1');
    await deliver(() =>
      stage.line.deliver('bookingUpdated', {
        eventId: 'e', bookingId: 'b1', customerName: 'Meera Nair', brand: 'Sony', model: 'Bravia 1', status: 'Scheduled', oldStatus: 'Scheduled',
        assignedTo: { _id: 'other', name: 'Other' }, updatedAt: at(9), version: 2, changed: ['assignedTo', 'updates'],
      }),
    );
    expect(await screen.findByText('No open jobs')).toBeTruthy();
  });

  test('come today’s first, then what is overdue, then the rest by time', () => {
    const now = new Date(2026, 10, 23, 12);
    const on = (day: number, hour = 9) => new Date(2026, 10, day, hour).toISOString();
    const jobs = [sample(1), sample(2, { preferredDateTime: on(25) }), sample(3, { preferredDateTime: on(24) }), sample(4, { preferredDateTime: on(22) }), sample(5, { preferredDateTime: on(23, 18) }), sample(6, { preferredDateTime: on(23, 8) })];
    expect(sectionsOf(jobs, now).map(({ title, data }) => [title, data.map((job) => job._id)])).toEqual([
      ['Today', ['b6', 'b5']],
      ['Overdue', ['b4']],
      ['Coming up', ['b3', 'b2']],
      ['Without a time', ['b1']],
    ]);
  });
});

describe('all bookings', () => {
  test('are filtered; a wrong day is not sent', async () => {
    const stage = prepare();
    await open(stage, 'staff');
    await tab(/All bookings/);
    expect(screen.queryByRole('button', { name: 'Export CSV' })).toBeNull(); // admins only
    await press('Filters');
    await type('From', '23.11.2026');
    await press('OK');
    expect(await screen.findByText('This is not a time.')).toBeTruthy();
    await type('From', '2026-11-23');
    await type('Brand', ' Sony ');
    await press('Me', 'radio');
    await press('OK');
    await waitFor(() => expect(stage.desk.queries('GET /bookings')).toContainEqual({ brand: 'Sony', from: '2026-11-23', assignedTo: 'u-staff', limit: '30' }));
    expect(await screen.findByText('Nothing found')).toBeTruthy();
  });

  test('are taken away by admins as they are filtered, and a failure is said', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings/export.csv', () => 'code,brand');
    await open(stage, 'admin');
    await tab(/All bookings/);
    await press('✅ Completed', 'radio');
    await press('Export CSV');
    expect(await screen.findByText('The export is ready.')).toBeTruthy();
    expect(stage.desk.queries('GET /bookings/export.csv')).toEqual([{ status: 'Completed' }]);
    expect(handOver).toHaveBeenCalledWith(expect.stringMatching(/^bookings-\d{4}-\d\d-\d\d\.csv$/), 'code,brand');
    stage.desk.on('GET /bookings/export.csv', () => {
      throw new Refusal(403, 'forbidden', 'Only admins may export.');
    });
    await press('Export CSV');
    expect(await screen.findByText('Only admins may export.')).toBeTruthy();
  });
});

describe('the dashboard', () => {
  const tile = (id: string) => screen.getByTestId(`tile-${id}`).props['aria-label'] as string;

  test('shows the totals, and follows them live', async () => {
    const stage = prepare();
    await open(stage, 'admin');
    expect([tile('total'), tile('Pending'), tile('rate')]).toEqual(['Bookings: 41', '⏳ Pending: 7', 'Completion rate: 46.3 %']);
    await deliver(() => stage.line.deliver('statsUpdated', { ...overview, totalBookings: 42, pending: 8, bookingsByBrand: [{ brand: 'LG', count: 1 }] }));
    await waitFor(() => expect([tile('total'), tile('Pending')]).toEqual(['Bookings: 42', '⏳ Pending: 8']));
    expect(screen.getByText('LG')).toBeTruthy();
    expect(screen.getByTestId('live')).toBeTruthy();
    await deliver(() => stage.line.become('offline'));
    expect(screen.queryByTestId('live')).toBeNull();
  });

  test('says who is online', async () => {
    const stage = prepare();
    stage.desk.on('GET /users', ({ query }) => peopleOf([users.staff, users.admin].filter(({ role }) => role === query.role).map((user) => accountOf(user))));
    stage.line.online = [users.admin.id];
    await open(stage, 'admin');
    expect(await screen.findByText('1 person online')).toBeTruthy();
    await deliver(() => stage.line.deliver('userOnline', { userId: users.staff.id, at: at(1) }));
    expect(await screen.findByText('2 people online')).toBeTruthy();
    expect(screen.getByText('Vikram Rao')).toBeTruthy();
    await deliver(() => stage.line.deliver('userOffline', { userId: users.staff.id, at: at(2) }));
    expect(await screen.findByText('1 person online')).toBeTruthy();
  });

  // Only the first fifty accounts by name had a name; whoever came after them was "and 1 more".
  test('names the desk first and then customers, however many accounts there are', async () => {
    const stage = prepare();
    const customers = Array.from({ length: 12 }, (_, i) => ({ id: `u-${i + 10}`, name: `Customer ${i + 10}`, email: 'c@example.com', role: 'customer' as const }));
    stage.desk.on('GET /users', ({ query }) => peopleOf(query.role === 'staff' ? [accountOf(users.staff)] : []));
    customers.forEach((customer) => stage.desk.on(`GET /users/${customer.id}`, () => ({ success: true, user: accountOf(customer) })));
    stage.line.online = [...customers.map(({ id }) => id), users.staff.id];
    await open(stage, 'admin');
    expect(await screen.findByText('13 people online')).toBeTruthy();
    expect(await screen.findByText('Vikram Rao')).toBeTruthy();
    expect(await screen.findAllByText(/^Customer \d/)).toHaveLength(10);
    expect(screen.getByText('and 2 more')).toBeTruthy();
  });

  // A failed answer looked like one that was still to come, for ever.
  test('says that the last days could not be loaded, and tries again', async () => {
    const stage = prepare();
    stage.desk.on('GET /stats/daily', () => {
      throw new Refusal(500, 'internal', 'The days are lost.');
    });
    await open(stage, 'admin');
    expect(await screen.findByText('The days are lost.')).toBeTruthy();
    stage.desk.on('GET /stats/daily', () => ({ success: true, data: [{ date: '2026-11-23', count: 5, pending: 5, scheduled: 0, completed: 0, cancelled: 0 }] }));
    await press('Try again');
    expect(await screen.findByLabelText('Mon: 5')).toBeTruthy();
  });

  test('of a desk without a booking is no error', async () => {
    const stage = prepare();
    const empty = Object.fromEntries(Object.entries(overview).map(([name, value]) => [name, Array.isArray(value) ? [] : 0]));
    stage.desk.on('GET /stats/overview', () => ({ success: true, data: empty }));
    await open(stage, 'admin');
    expect([tile('total'), tile('rate')]).toEqual(['Bookings: 0', 'Completion rate: 0 %']);
    expect(screen.getAllByText('Nothing to show yet.').length).toBeGreaterThan(0);
  });
});

describe('alerts', () => {
  const said = (n: number, bookingId = 'b1') => ({
    eventId: `e${n}`, bookingId, messageId: `m${n}`, message: `word ${n}`, from: { id: users.customer.id, name: users.customer.name, role: 'customer' as const }, createdAt: at(n),
  });

  // Admins hear every message of the desk. Each was shown to each of them.
  test('reach an admin only for messages on bookings of theirs', async () => {
    const stage = prepare();
    stage.desk.on('GET /notifications', () => ({ success: true, data: [notification(2, { _id: 'm2', bookingId: 'b2' })], unread: 1 }));
    await open(stage, 'admin');
    await deliver(() => [said(1), said(2, 'b2'), said(3, 'b3')].forEach((event) => stage.line.deliver('bookingMessage', event)));
    expect(await screen.findByText('word 2')).toBeTruthy();
    expect(screen.queryByText('word 1')).toBeNull();
    expect(screen.queryByText('word 3')).toBeNull();
  });

  // Thirty messages in a second were thirty toasts in a second, each gone before it was read.
  test('that come together are shown together', async () => {
    const stage = prepare();
    await open(stage, 'staff');
    await deliver(() => stage.line.deliver('bookingMessage', said(1)));
    expect(await screen.findByText('word 1')).toBeTruthy(); // the first at once
    await deliver(() => Array.from({ length: 30 }, (_, i) => stage.line.deliver('bookingMessage', said(2 + i, `b${i % 5}`))));
    expect(await screen.findByText('28 more pieces of news', {}, { timeout: 6_000 })).toBeTruthy();
    expect(screen.getAllByTestId('toast')).toHaveLength(3);
    expect(screen.getByText('word 31')).toBeTruthy();
    await press('View: 28 more pieces of news');
    expect(await screen.findByText('Nothing new')).toBeTruthy(); // the notifications
  });
});

describe('people', () => {
  test('are listed; one is kept out, after being asked', async () => {
    const stage = prepare();
    let staff = accountOf(users.staff);
    stage.desk
      .on('GET /users', () => peopleOf([staff]))
      .on('GET /users/u-staff', () => ({ success: true, user: staff }))
      .on('PATCH /users/u-staff', ({ body }) => ({ success: true, user: (staff = { ...staff, ...(body as object) }) }));
    await open(stage, 'admin');
    await tab(/People/);
    await press('Vikram Rao, Staff', 'link');
    await press('Deactivate');
    expect(await screen.findByText('Keep Vikram Rao out?')).toBeTruthy();
    expect(stage.desk.sent('PATCH /users/u-staff')).toEqual([]);
    await press('Deactivate');
    expect(await screen.findByText('Saved.')).toBeTruthy();
    expect(stage.desk.sent('PATCH /users/u-staff')).toEqual([{ active: false }]);
    expect(await screen.findByText('Staff · Deactivated')).toBeTruthy();
    await press('Activate');
    expect(await screen.findByText('Staff · Active')).toBeTruthy();
  });

  test('have no switch for oneself', async () => {
    const stage = prepare();
    stage.desk.on('GET /users', () => peopleOf([accountOf(users.admin)])).on('GET /users/u-admin', () => ({ success: true, user: accountOf(users.admin) }));
    await open(stage, 'admin');
    await tab(/People/);
    await press(/^Anita Kapoor/, 'link');
    expect(await screen.findByTestId('standing')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Deactivate' })).toBeNull();
  });

  test('a new one: rules, the server’s word, done', async () => {
    const stage = prepare();
    stage.desk.on('POST /users', () => {
      throw new Refusal(409, 'email_taken', 'This e-mail is taken.', { fields: { email: 'is taken' } });
    });
    await open(stage, 'admin');
    await tab(/People/);
    await press('New staff member');
    await type('Your name', 'Ravi');
    await type('E-mail', 'ravi@example.com');
    await type('First password', 'short');
    await press('Save');
    expect((await screen.findAllByText('At least 8 characters.')).length).toBeGreaterThan(0);
    expect(stage.desk.sent('POST /users')).toEqual([]);
    await type('First password', 'long enough');
    await press('Save');
    expect(await screen.findByText('is taken')).toBeTruthy();
    stage.desk.on('POST /users', () => ({ success: true, user: accountOf({ id: 'n', name: 'Ravi', email: 'ravi@example.com', role: 'admin' }) }));
    await press('Admin', 'radio');
    await press('Save');
    expect(await screen.findByText('Ravi can sign in now.')).toBeTruthy();
    expect(stage.desk.sent('POST /users').at(-1)).toEqual({ name: 'Ravi', email: 'ravi@example.com', password: 'long enough', role: 'admin' });
  });
});

describe('notifications', () => {
  test('count on the menu, are marked one by one or all', async () => {
    const stage = prepare();
    let rows = [notification(2), notification(1, { read: true })];
    stage.desk.on('GET /notifications', () => ({ success: true, data: rows, unread: rows.filter((row) => !row.read).length }));
    await open(stage, 'customer');
    await tab('Notifications, 1 unread notification');
    expect(await screen.findAllByTestId('notification-unread')).toHaveLength(1);
    rows = rows.map((row) => ({ ...row, read: true }));
    await press('Mark all as read');
    expect(stage.line.questions).toContainEqual(['messageRead', { bookingId: 'b2', messageId: 'n2' }]);
    await waitFor(() => expect(screen.queryAllByTestId('notification-unread')).toHaveLength(0));
    expect(screen.queryByRole('button', { name: 'Mark all as read' })).toBeNull();
  });

  describe('all at once', () => {
    async function many(): Promise<{ stage: Stage; read: () => string[] }> {
      const stage = prepare();
      const read = () => stage.line.questions.filter(([event]) => event === 'messageRead').map(([, argument]) => (argument as { messageId: string }).messageId);
      stage.desk.on('GET /notifications', ({ query }) => {
        const unread = [1, 2, 3].map((n) => notification(n)).filter(({ _id }) => !read().includes(_id));
        const [data, nextCursor] = query.limit !== '100' ? [unread.slice(0, 1), undefined] : query.after === undefined ? [unread.slice(0, 2), 'n2'] : [unread.slice(-1), undefined];
        return { success: true, data, unread: unread.length, nextCursor };
      });
      await open(stage, 'customer');
      await tab(/^Notifications/);
      return { stage, read };
    }

    // "All" were those that had been loaded by scrolling.
    test('are also those that no list has loaded', async () => {
      const { read } = await many();
      await press('Mark all as read');
      await waitFor(() => expect(read().sort()).toEqual(['n1', 'n2', 'n3']));
      await waitFor(() => expect(screen.queryAllByRole('button', { name: 'Mark all as read' }).length).toBe(0));
    });

    test('are not, and that is said, without a line or too fast', async () => {
      const { stage } = await many();
      stage.line.acks.messageRead = [{ ok: false, code: 'rate_limited', message: 'slowly' }];
      await press('Mark all as read');
      expect(await screen.findByText('That is as many as can be marked at once. Mark the rest in a minute.')).toBeTruthy();
      jest.spyOn(stage.line, 'ask').mockRejectedValue(new Error('not connected'));
      await press('Mark all as read');
      expect(await screen.findByText('The server cannot be reached. Check your connection.')).toBeTruthy();
    });
  });
});

describe('the profile', () => {
  test('is saved, and a refusal shows at its field', async () => {
    const stage = prepare();
    stage.desk.on('PUT /auth/profile', ({ body }) => {
      if ((body as { email: string }).email === 'taken@example.com') {
        throw new Refusal(409, 'email_taken', 'This e-mail is taken.', { fields: { email: 'is taken' } });
      }
      return { success: true, user: { ...users.customer, name: 'Meera N' } };
    });
    await open(stage, 'customer');
    await tab(/Profile/);
    const asked = stage.line.questions.filter(([event]) => event === 'presence').length;
    await type('E-mail', 'taken@example.com');
    await press('Save');
    expect(await screen.findByText('is taken')).toBeTruthy();
    await type('E-mail', 'meera@example.com');
    await type('Your name', ' Meera N ');
    await type('Phone (optional)', '');
    await press('Save');
    expect(await screen.findByText('Your profile is saved.')).toBeTruthy();
    // Another name is no other session: nothing is asked again, and no event that waits is lost.
    expect(stage.line.questions.filter(([event]) => event === 'presence')).toHaveLength(asked);
    expect(stage.desk.sent('PUT /auth/profile').at(-1)).toEqual({ name: 'Meera N', email: 'meera@example.com', phone: null });
  });

  test('another password: the line goes on with the new token', async () => {
    const stage = prepare();
    stage.desk.on('POST /auth/change-password', () => ({ success: true, message: '', token: 'second', user: users.customer }));
    await open(stage, 'customer');
    await tab(/Profile/);
    await type('Current password', 'password123');
    await type('New password', 'password456');
    await press('Change password');
    expect(await screen.findByText('Your password is changed. Other devices are signed out.')).toBeTruthy();
    expect(stage.line.tokens).toEqual(['token of customer', 'second']);
    expect(stage.device.get('token')).toBe('second');
  });

  test('light or dark is kept on the device', async () => {
    const stage = prepare();
    await open(stage, 'customer');
    await tab(/Profile/);
    await press('Dark', 'radio');
    expect(stage.device.get('desk.appearance')).toBe('dark');
  });

  test.each([
    [true, undefined],
    [false, 'You are signed out here. The server could not be told; change your password if this device is not yours.'],
  ])('signing out leaves nothing behind (server reachable: %s)', async (reachable, said) => {
    const stage = prepare();
    await open(stage, 'customer');
    await tab(/Profile/);
    await press('Sign out');
    await screen.findByText('Sign out of this device?');
    stage.desk.reachable = reachable;
    await press('Sign out');
    expect(await screen.findByText('Welcome back')).toBeTruthy();
    expect([stage.device.get('token'), stage.line.state]).toEqual([undefined, 'idle']);
    if (said !== undefined) {
      expect(await screen.findByText(said)).toBeTruthy();
    }
    expect(stage.line.listening).toBeLessThanOrEqual(1); // the sign-in’s own ear; no screen is listening any more
  });
});
