import { screen, waitFor, within } from '@testing-library/react-native';
import { StatusBar } from 'expo-status-bar';
import { AccessibilityInfo, Dimensions } from 'react-native';

import { accountOf, pageOf, peopleOf, sample, users } from './samples';
import { deliver, open, openWith, prepare, press, tab, type } from './stage';

jest.mock('expo-status-bar', () => ({ StatusBar: jest.fn(() => null) }));

// An iPhone has no live regions: toasts, a lost line and what is wrong in a form were shown to those who see, and not said.
describe('on an iPhone is read out', () => {
  let said: jest.SpyInstance;
  beforeEach(() => (said = jest.spyOn(AccessibilityInfo, 'announceForAccessibility').mockImplementation(() => undefined)));
  afterEach(() => said.mockRestore());

  test('an alert', async () => {
    const stage = prepare();
    await open(stage, 'staff');
    await deliver(() =>
      stage.line.deliver('jobAssigned', { eventId: 'j1', bookingId: 'b1', customerName: 'Meera Nair', brand: 'Sony', model: 'Bravia 1', address: '12 Hill Road', assignedBy: 'Anita' }),
    );
    expect(said).toHaveBeenCalledWith('New job: Sony Bravia 1. Meera Nair. Assigned by Anita.');
  });

  test('a lost line', async () => {
    const stage = prepare();
    await open(stage, 'customer');
    await deliver(() => stage.line.become('offline'));
    await waitFor(() => expect(said).toHaveBeenCalledWith('Offline. What you see may be old; we keep trying.'));
  });

  test('what is wrong in a form', async () => {
    const stage = prepare();
    await open(stage);
    await press('Sign in');
    await waitFor(() => expect(said).toHaveBeenCalledWith('Password: Please fill this in.'));
    stage.desk.reachable = false;
    await type('E-mail', 'meera@example.com');
    await type('Password', 'password123');
    await press('Sign in');
    await waitFor(() => expect(said).toHaveBeenCalledWith('The server cannot be reached. Check your connection.'));
  });
});

// The name of a choice hid what stood below it: a role, and who is there.
test('a choice is read out with its note', async () => {
  const stage = prepare();
  stage.desk
    .on('GET /bookings', ({ query }) => pageOf(query.assignedTo === undefined ? [sample(1)] : []))
    .on('GET /bookings/b1', () => ({ success: true, booking: sample(1) }))
    .on('GET /users', ({ query }) => peopleOf(query.role === 'staff' ? [accountOf(users.staff)] : []));
  stage.line.online = [users.staff.id];
  await openWith(stage, 'staff', 'No open jobs');
  await tab(/All bookings/);
  await press(/^Open booking Sony Bravia 1/, 'link');
  await press('Assign');
  expect(await screen.findByRole('radio', { name: 'Vikram Rao, Staff · online' })).toBeTruthy();
});

test('how many filters are set is read out', async () => {
  const stage = prepare();
  await open(stage, 'staff');
  await tab(/All bookings/);
  await press('Filters');
  await type('Brand', 'Sony');
  await press('OK');
  expect(await screen.findByRole('button', { name: 'Filters, 1 set' })).toBeTruthy();
});

// It followed the phone's appearance, not the one chosen here: dark signs on a dark ground.
test('the phone’s own bar is readable on the appearance that was chosen', async () => {
  const stage = prepare();
  await open(stage, 'customer');
  const style = () => jest.mocked(StatusBar).mock.lastCall?.[0].style;
  await tab(/Profile/);
  await press('Dark', 'radio');
  expect(style()).toBe('light');
  await press('Light', 'radio');
  expect(style()).toBe('dark');
});

// The last of seven tiles had a row of its own, as wide as the screen.
test.each([
  [390, [1, 2, 2, 2]],
  [1280, [3, 4]],
])('on a screen %i wide the totals fill their rows', async (width, rows) => {
  const size = { width, height: 844, scale: 2, fontScale: 1 };
  Dimensions.set({ window: size, screen: size });
  const stage = prepare();
  await open(stage, 'admin');
  expect(screen.getAllByTestId('tiles').map((row) => within(row).getAllByTestId(/^tile-/).length)).toEqual(rows);
});
