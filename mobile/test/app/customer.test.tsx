import { fireEvent, screen, waitFor } from '@testing-library/react-native';

import type { NewBooking } from '../../src/api/contract';
import { Refusal } from './deskDouble';
import { at, pageOf, sample } from './samples';
import { deliver, open, openWith, prepare, press, tab, type } from './stage';

const changed = (version: number, status: 'Scheduled' | 'Cancelled', n = 1) => ({
  eventId: `e${n}-${version}`, bookingId: `b${n}`, customerName: 'Meera Nair', brand: 'Sony', model: `Bravia ${n}`, status,
  oldStatus: 'Pending' as const, updatedAt: at(30), version, changed: ['status', 'updates'],
});

describe('my bookings', () => {
  test('show every status by sign and word', async () => {
    const stage = prepare();
    const rows = (['Pending', 'Scheduled', 'Completed', 'Cancelled'] as const).map((status, i) => sample(4 - i, { status }));
    stage.desk.on('GET /bookings/user', () => pageOf(rows));
    await openWith(stage, 'customer', '4 bookings');
    for (const text of ['⏳ Pending', '📅 Scheduled', '✅ Completed', '❌ Cancelled']) {
      expect(screen.getAllByText(text).length).toBe(2); // the filter and the badge
    }
    expect(stage.desk.queries('GET /bookings')).toEqual([]); // nobody else's
  });

  test('change by an event, and not back by an older one', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings/user', () => pageOf([sample(2), sample(1)]));
    await openWith(stage, 'customer', 'Sony Bravia 1');
    await deliver(() => stage.line.deliver('bookingUpdated', changed(3, 'Scheduled')));
    expect(await screen.findByTestId('status-Scheduled')).toBeTruthy();
    await deliver(() => stage.line.deliver('bookingUpdated', changed(2, 'Cancelled')));
    await deliver(() => stage.line.deliver('bookingUpdated', changed(2, 'Cancelled', 2)));
    expect(await screen.findAllByTestId('status-Cancelled')).toHaveLength(1); // the other one: events are laid in their order
    expect(screen.getByTestId('status-Scheduled')).toBeTruthy();
  });

  test('take in what was booked on another device', async () => {
    const stage = prepare();
    await open(stage, 'customer');
    stage.desk.on('GET /bookings/b1', () => ({ success: true, booking: sample(1) }));
    await deliver(() =>
      stage.line.deliver('bookingCreated', { eventId: 'e', bookingId: 'b1', customerName: 'Meera Nair', brand: 'Sony', model: 'Bravia 1', status: 'Pending', createdAt: at(1), version: 1 }),
    );
    expect(await screen.findByText('Sony Bravia 1')).toBeTruthy();
  });

  test('are asked for again after a gap that could not be filled, and not after one that was', async () => {
    const stage = prepare();
    await open(stage, 'customer');
    const before = stage.desk.queries('GET /bookings/user').length;
    await deliver(() => stage.line.back(true));
    expect(stage.desk.queries('GET /bookings/user').length).toBe(before);
    stage.desk.on('GET /bookings/user', () => pageOf([sample(1)]));
    await deliver(() => stage.line.back(false));
    expect(await screen.findByText('Sony Bravia 1')).toBeTruthy();
  });

  test('are filtered and searched by the server, and found again', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings/user', ({ query }) => pageOf(query.status === undefined && query.search === undefined ? [sample(1)] : []));
    await openWith(stage, 'customer', 'Sony Bravia 1');
    await press('❌ Cancelled', 'radio');
    expect(await screen.findByText('Nothing found')).toBeTruthy();
    fireEvent.changeText(screen.getByLabelText('Search'), ' bosch ');
    await waitFor(() => expect(stage.desk.queries('GET /bookings/user')).toContainEqual({ status: 'Cancelled', search: 'bosch', limit: '30' }));
    await press('Show all');
    expect(await screen.findByText('Sony Bravia 1')).toBeTruthy();
    expect(screen.getByLabelText('Search').props.value).toBe('');
  });

  test('go on at their end', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings/user', ({ query }) => (query.cursor === 'next' ? pageOf([sample(1)]) : pageOf([sample(2)], 'next')));
    await openWith(stage, 'customer', 'Sony Bravia 2');
    if (screen.queryByText('Sony Bravia 1') === null) {
      await deliver(() => fireEvent(screen.getByText('Sony Bravia 2'), 'endReached'));
    }
    expect(await screen.findByText('Sony Bravia 1')).toBeTruthy();
  });

  // Where the next page or a reload failed, the list just stayed as it was.
  test('say that they could not go on, or be loaded again', async () => {
    const stage = prepare();
    let down = true;
    stage.desk.on('GET /bookings/user', ({ query }) => {
      if (query.cursor === undefined) {
        return pageOf([sample(2)], 'next');
      }
      if (down) {
        throw new Refusal(500, 'internal', 'Lost.');
      }
      return pageOf([sample(1)]);
    });
    await openWith(stage, 'customer', 'Sony Bravia 2');
    await deliver(() => fireEvent(screen.getByText('Sony Bravia 2'), 'endReached'));
    expect(await screen.findByText('There is more. Lost.')).toBeTruthy();
    down = false;
    await press('Try again');
    expect(await screen.findByText('Sony Bravia 1')).toBeTruthy();
    stage.desk.reachable = false;
    await press('Reload');
    expect(await screen.findByText('This may be old. The server cannot be reached. Check your connection.')).toBeTruthy();
    expect(screen.getByText('Sony Bravia 1')).toBeTruthy();
    stage.desk.reachable = true;
    await press('Try again');
    await waitFor(() => expect(screen.queryAllByTestId('stale').length).toBe(0));
  });

  test('say what went wrong, with its number, and try again', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings/user', () => {
      throw new Refusal(500, 'internal', 'Something went wrong here.');
    });
    await openWith(stage, 'customer', 'This did not work');
    expect(screen.getByText('Something went wrong here.')).toBeTruthy();
    expect(screen.getByText('Reference: req-1')).toBeTruthy();
    stage.desk.on('GET /bookings/user', () => pageOf([sample(1)]));
    await press('Try again');
    expect(await screen.findByText('Sony Bravia 1')).toBeTruthy();
  });

  test('say honestly that the line is down, until it is back', async () => {
    const stage = prepare();
    await open(stage, 'customer');
    await deliver(() => stage.line.become('offline'));
    expect(await screen.findByText('Offline. What you see may be old; we keep trying.', {}, { timeout: 3_000 })).toBeTruthy();
    await press('Reconnect now');
    expect(stage.line.woken).toBe(1);
    await deliver(() => stage.line.become('online'));
    expect(screen.queryByTestId('offline')).toBeNull();
  });

  test('alert of a new status, and lead to the booking', async () => {
    const stage = prepare();
    stage.desk.on('GET /bookings/user', () => pageOf([sample(1)]));
    stage.desk.on('GET /bookings/b1', () => ({ success: true, booking: sample(1, { status: 'Scheduled', version: 2 }) }));
    await openWith(stage, 'customer', 'Sony Bravia 1');
    const event = { eventId: 's1', bookingId: 'b1', status: 'Scheduled' as const, oldStatus: 'Pending' as const, message: 'On Friday at ten', messageId: 'm1', version: 2 };
    await deliver(() => stage.line.deliver('bookingStatusChanged', event));
    expect(await screen.findByText('Sony Bravia 1 is now Scheduled')).toBeTruthy();
    expect(screen.getByText('On Friday at ten')).toBeTruthy();
    await press('View: Sony Bravia 1 is now Scheduled');
    expect(await screen.findByText('CODE01')).toBeTruthy();
    await deliver(() => stage.line.deliver('bookingStatusChanged', { ...event, eventId: 's2' }));
    expect(screen.queryByTestId('toast')).toBeNull(); // one is looking at it
  });
});

describe('a new booking', () => {
  async function fill(): Promise<void> {
    await type('Brand', 'Sony');
    await type('Model', ' Bravia 1 ');
    await type('Address', '12 Hill Road');
  }

  async function form(stage: ReturnType<typeof prepare>): Promise<void> {
    await open(stage, 'customer');
    const [button] = await screen.findAllByRole('button', { name: 'New booking' });
    await deliver(() => fireEvent.press(button));
    await screen.findByText('Tell us what and where. We confirm the time.');
  }

  test('names what is missing and sends nothing', async () => {
    const stage = prepare();
    await form(stage);
    await type('E-mail (optional)', 'no address');
    await press('Book');
    expect(await screen.findByText('Please look at the marked fields.')).toBeTruthy();
    expect(screen.getAllByText('Please fill this in.')).toHaveLength(3); // brand, model, address
    expect(screen.getByText('This is not an e-mail address.')).toBeTruthy();
    expect(stage.desk.sent('POST /bookings')).toEqual([]);
  });

  test('is sent trimmed, under a key, and shown', async () => {
    const stage = prepare();
    const booked = sample(1);
    stage.desk.on('POST /bookings', () => ({ success: true, booking: booked })).on('GET /bookings/b1', () => ({ success: true, booking: booked }));
    await form(stage);
    await fill();
    await press('Book');
    expect(await screen.findByText('Booked. Your code is CODE01.')).toBeTruthy();
    expect(await screen.findByText('CODE01')).toBeTruthy();
    const [asked] = stage.desk.asked.filter((one) => one.route === 'POST /bookings');
    expect(asked?.body as NewBooking).toEqual({ name: 'Meera Nair', phone: '555 0100', email: 'meera@example.com', address: '12 Hill Road', brand: 'Sony', model: 'Bravia 1' });
    expect(asked?.headers['Idempotency-Key']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('shows beside its field what the server does not take', async () => {
    const stage = prepare();
    stage.desk.on('POST /bookings', () => {
      throw new Refusal(400, 'validation_failed', 'Please check the form.', { fields: { phone: 'is too short' } });
    });
    await form(stage);
    await fill();
    await press('Book');
    expect(await screen.findByText('is too short')).toBeTruthy();
    expect(screen.getByText('Please check the form.')).toBeTruthy();
  });

  async function leave(stage: ReturnType<typeof prepare>, answer: () => unknown): Promise<void> {
    stage.desk.on('POST /bookings', answer);
    await form(stage);
    await fill();
    stage.desk.reachable = false;
    await press('Book');
    await screen.findByText('Waiting for the connection…');
    stage.desk.reachable = true;
    await press('Back');
  }

  // A booking that got through after its form was left took the user away from whatever was on the screen by then.
  test('that gets through later leaves the user where they are', async () => {
    const stage = prepare();
    await leave(stage, () => ({ success: true, booking: sample(1) }));
    stage.desk.on('GET /bookings/b1', () => ({ success: true, booking: sample(1) }));
    await tab(/Profile/);
    await deliver(() => stage.line.back(true));
    expect(await screen.findByText('Booked. Your code is CODE01.')).toBeTruthy();
    expect(screen.getByText('Appearance')).toBeTruthy(); // the profile still
    expect(screen.queryByText('Timeline and messages')).toBeNull();
    await press('View: Booked. Your code is CODE01.');
    expect(await screen.findByText('Timeline and messages')).toBeTruthy();
  });

  test('that is refused later is told, and can be put right', async () => {
    const stage = prepare();
    await leave(stage, () => {
      throw new Refusal(400, 'validation_failed', 'Please check the form.', { fields: { phone: 'is too short' } });
    });
    await deliver(() => stage.line.back(true));
    expect(await screen.findByText('Sony Bravia 1 could not be booked')).toBeTruthy();
    await press('Put it right: Sony Bravia 1');
    expect(await screen.findByText('is too short')).toBeTruthy();
    expect(screen.getByLabelText('Model').props.value).toBe('Bravia 1');
    stage.desk.on('POST /bookings', () => ({ success: true, booking: sample(1) }));
    await press('Book');
    expect(await screen.findByText('Booked. Your code is CODE01.')).toBeTruthy();
    expect([...stage.device.keys()]).not.toContain('desk.submissions.u-customer');
  });

  test('waits on the device for the line, and is sent once when it is back', async () => {
    const stage = prepare();
    const booked = sample(1);
    stage.desk.on('POST /bookings', () => ({ success: true, booking: booked })).on('GET /bookings/b1', () => ({ success: true, booking: booked }));
    await form(stage);
    await fill();
    stage.desk.reachable = false;
    await press('Book');
    expect(await screen.findByText('Waiting for the connection…')).toBeTruthy();
    expect([...stage.device.keys()]).toContain('desk.submissions.u-customer');
    stage.desk.reachable = true;
    await deliver(() => stage.line.back(true));
    expect(await screen.findByText('Booked. Your code is CODE01.')).toBeTruthy();
    expect(stage.desk.sent('POST /bookings')).toHaveLength(1);
    expect([...stage.device.keys()]).not.toContain('desk.submissions.u-customer');
  });
});
