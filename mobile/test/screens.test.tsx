import { NavigationContainer } from '@react-navigation/native';
import { createNativeStackNavigator } from '@react-navigation/native-stack';
import { QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react-native';
import type { ComponentType } from 'react';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import type { Account, Booking, BookingsAnswer, Overview, Role, User } from '../src/api/contract';
import type { Api } from '../src/api/endpoints';
import { ApiError } from '../src/api/error';
import { AuthProvider, useAuth } from '../src/context/AuthContext';
import { ServicesProvider } from '../src/context/ServicesContext';
import { ToastProvider } from '../src/context/ToastContext';
import { AdminStatsScreen } from '../src/screens/admin/AdminStatsScreen';
import { NewPersonScreen } from '../src/screens/admin/NewPersonScreen';
import { PeopleScreen } from '../src/screens/admin/PeopleScreen';
import { PersonScreen } from '../src/screens/admin/PersonScreen';
import { SignInScreen } from '../src/screens/auth/SignInScreen';
import { SignUpScreen } from '../src/screens/auth/SignUpScreen';
import { BookingListScreen } from '../src/screens/customer/BookingListScreen';
import { NewBookingScreen } from '../src/screens/customer/NewBookingScreen';
import { BookingScreen } from '../src/screens/shared/BookingScreen';
import { NotificationsScreen } from '../src/screens/shared/NotificationsScreen';
import { ProfileScreen } from '../src/screens/shared/ProfileScreen';
import { AllBookingsScreen } from '../src/screens/staff/AllBookingsScreen';
import { JobsScreen, sectionsOf } from '../src/screens/staff/JobsScreen';
import type { Services } from '../src/services/services';
import { SocketService } from '../src/services/socketService';
import { storage } from '../src/services/storage';
import { Submissions } from '../src/services/submissions';
import { createQueryClient } from '../src/state/queryClient';
import { Latest } from '../src/state/reducers/latest';

jest.setTimeout(20_000);

const at = '2026-11-23T10:00:00.000Z';
const user = (role: Role): User => ({ id: 'me', name: 'Meera Nair', email: 'meera@example.com', phone: '555', role });
const vikram: Account = { id: 's1', name: 'Vikram Rao', email: 'v@example.com', role: 'staff', active: true, createdAt: at, updatedAt: at };
const booking: Booking = {
  _id: 'b1', code: 'ABC123', customerName: 'Meera Nair', email: 'meera@example.com', contactNumber: '+91 555', address: '12 Hill Road', brand: 'Sony', model: 'Bravia',
  status: 'Pending', createdBy: 'me', version: 1, createdAt: at, updatedAt: at,
  updates: [{ _id: 'm1', kind: 'message', message: 'We come on Tuesday.', timestamp: at, updatedBy: 's1', updatedByName: 'Vikram Rao', readBy: [] }],
};
const bookings = (rows: Booking[]): BookingsAnswer => ({ success: true, count: rows.length, data: rows, totalCount: rows.length, totalPages: 1, currentPage: 1 });
const overview: Overview = {
  totalBookings: 7, pending: 4, scheduled: 1, completed: 2, cancelled: 0, completionRate: 28.6, avgBookingsPerDay: 0.5,
  bookingsByBrand: [{ brand: 'Sony', count: 7 }], monthlyTrend: [{ month: 'November', year: 2026, count: 7 }], bookingsByModel: [{ brand: 'Sony', model: 'Bravia', count: 7 }], recentBookings: [booking],
};
const down = new ApiError(403, { code: 'forbidden', message: 'Not for you.', requestId: 'r1' });

// Waiting never answers: what a screen shows meanwhile.
const waiting = () => new Promise<never>(() => undefined);

function makeServices(role: Role | null, change: Partial<Record<keyof Api, unknown>> = {}): Services {
  const api = {
    client: { baseUrl: 'http://desk.test' },
    me: async () => ({ success: true, user: user(role ?? 'customer') }),
    ownBookings: async () => bookings([booking]),
    allBookings: async () => bookings([booking]),
    booking: async () => ({ success: true, booking }),
    notifications: async () => ({ success: true, data: [], unread: 0 }),
    overview: async () => ({ success: true, data: overview }),
    daily: async () => ({ success: true, data: [{ date: '2026-11-23', count: 3, pending: 3, scheduled: 0, completed: 0, cancelled: 0 }] }),
    users: async () => ({ success: true, count: 1, data: [vikram], totalCount: 1, totalPages: 1, currentPage: 1 }),
    user: async () => ({ success: true, user: vikram }),
    ...change,
  } as unknown as Api;
  const socket = new SocketService({ url: () => 'http://desk.test' });
  jest.spyOn(socket, 'connect').mockImplementation(() => undefined);
  return {
    api, socket, storage, latest: new Latest(), submissions: new Submissions({ api, storage }), login: { token: null, onRefused: () => undefined }, viewing: { id: null },
    queryClient: (() => {
      const client = createQueryClient();
      client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false, gcTime: Infinity } });
      return client;
    })(),
    tokenStore: { read: async () => (role === null ? null : 'token'), write: async () => undefined, clear: async () => undefined },
  };
}

const Stack = createNativeStackNavigator();
const Elsewhere = () => null;

function Gate({ name, component, params }: { name: string; component: ComponentType; params?: object }) {
  const { state } = useAuth();
  if (state.phase !== 'signedIn' && state.phase !== 'signedOut') {
    return null;
  }
  return (
    <NavigationContainer>
      <Stack.Navigator initialRouteName={name} screenOptions={{ headerShown: false }}>
        <Stack.Screen name={name} component={component} initialParams={params} />
        {['Home', 'Booking', 'NewBooking', 'Person', 'NewPerson', 'SignIn', 'SignUp'].filter((other) => other !== name).map((other) => (
          <Stack.Screen key={other} name={other} component={Elsewhere} />
        ))}
      </Stack.Navigator>
    </NavigationContainer>
  );
}

const insets = { frame: { x: 0, y: 0, width: 390, height: 844 }, insets: { top: 0, left: 0, right: 0, bottom: 0 } };

function show(services: Services, name: string, component: ComponentType, params?: object) {
  render(
    <SafeAreaProvider initialMetrics={insets}>
      <ServicesProvider value={services}>
        <QueryClientProvider client={services.queryClient}>
          <AuthProvider>
            <ToastProvider>
              <Gate name={name} component={component} params={params} />
            </ToastProvider>
          </AuthProvider>
        </QueryClientProvider>
      </ServicesProvider>
    </SafeAreaProvider>,
  );
}

describe.each([
  ['BookingListScreen', 'customer', BookingListScreen, 'ownBookings', 'No bookings yet', bookings([])],
  ['AllBookingsScreen', 'staff', AllBookingsScreen, 'allBookings', 'No bookings yet', bookings([])],
  ['JobsScreen', 'staff', JobsScreen, 'allBookings', 'No open jobs', bookings([])],
  ['NotificationsScreen', 'customer', NotificationsScreen, 'notifications', 'Nothing new', { success: true, data: [], unread: 0 }],
  ['PeopleScreen', 'admin', PeopleScreen, 'users', 'Nobody found', { success: true, count: 0, data: [], totalCount: 0, totalPages: 0, currentPage: 1 }],
] as const)('%s', (name, role, component, call, nothing, empty) => {
  test('says that it loads', async () => {
    show(makeServices(role, { [call]: waiting }), name, component);
    expect(await screen.findByLabelText('Loading…')).toBeTruthy();
  });
  test('says that there is nothing', async () => {
    show(makeServices(role, { [call]: async () => empty }), name, component);
    expect(await screen.findByText(nothing)).toBeTruthy();
  });
  test('says what went wrong, and tries again', async () => {
    const load = jest.fn().mockRejectedValue(down);
    show(makeServices(role, { [call]: load }), name, component);
    expect(await screen.findByText('Not for you.')).toBeTruthy();
    expect(screen.getByText('Reference: r1')).toBeTruthy();
    const before = load.mock.calls.length;
    fireEvent.press(screen.getByLabelText('Try again'));
    await waitFor(() => expect(load.mock.calls.length).toBeGreaterThan(before));
  });
});

test('BookingListScreen shows bookings with their status, and searches', async () => {
  const ownBookings = jest.fn(async () => bookings([booking]));
  show(makeServices('customer', { ownBookings }), 'MyBookings', BookingListScreen);
  const card = await screen.findByTestId('booking');
  expect(within(card).getByText('⏳ Pending')).toBeTruthy();
  fireEvent.changeText(screen.getByLabelText('Search'), 'bra');
  await waitFor(() => expect(ownBookings).toHaveBeenCalledWith(expect.objectContaining({ search: 'bra' }), expect.anything()));
  fireEvent.press(screen.getByLabelText('✅ Completed'));
  await waitFor(() => expect(ownBookings).toHaveBeenCalledWith(expect.objectContaining({ status: 'Completed', search: 'bra' }), expect.anything()));
});

test('AllBookingsScreen gives only admins the export', async () => {
  show(makeServices('staff'), 'AllBookings', AllBookingsScreen);
  await screen.findByTestId('booking');
  expect(screen.queryByLabelText('Export CSV')).toBeNull();
  screen.unmount();
  show(makeServices('admin'), 'AllBookings', AllBookingsScreen);
  expect(await screen.findByLabelText('Export CSV')).toBeTruthy();
});

test('JobsScreen puts today first', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const jobs = [['a', '2026-11-25T10:00:00Z'], ['b', '2026-11-23T15:00:00Z'], ['c', '2026-11-20T10:00:00Z'], ['d', undefined]].map(([id, preferred]) => ({ ...booking, _id: id as string, preferredDateTime: preferred }));
  expect(sectionsOf(jobs, now).map((section) => [section.title, section.data.map((job) => job._id).join()])).toEqual([['Today', 'b'], ['Overdue', 'c'], ['Coming up', 'a'], ['Without a time', 'd']]);
});

test('NewBookingScreen says what is missing, and sends what is whole', async () => {
  const createBooking = jest.fn(async (_body: unknown, _key: string) => ({ success: true, booking }));
  const services = makeServices('customer', { createBooking });
  await services.submissions.begin('me', { made: () => undefined, refused: () => undefined });
  show(services, 'NewBooking', NewBookingScreen);
  fireEvent.press(await screen.findByLabelText('Book'));
  expect(await screen.findByText('Please look at the marked fields.')).toBeTruthy();
  expect(createBooking).not.toHaveBeenCalled();
  const brand = screen.getAllByLabelText('Brand').find((one) => one.props.onChangeText !== undefined);
  fireEvent.changeText(brand as never, 'Sony');
  fireEvent.changeText(screen.getByLabelText('Model'), 'Bravia');
  fireEvent.changeText(screen.getByLabelText('Address'), '12 Hill Road');
  fireEvent.press(screen.getByLabelText('Book'));
  await waitFor(() => expect(createBooking).toHaveBeenCalledTimes(1));
  expect(createBooking.mock.calls[0]?.[0]).toMatchObject({ brand: 'Sony', model: 'Bravia', address: '12 Hill Road', name: 'Meera Nair', phone: '555' });
});

test('BookingScreen shows the timeline, and offers what the role may do', async () => {
  show(makeServices('customer'), 'Booking', BookingScreen, { id: 'b1' });
  expect(await screen.findByText('We come on Tuesday.')).toBeTruthy();
  expect(screen.getByLabelText('Cancel booking')).toBeTruthy();
  expect(screen.queryByLabelText('Set to Scheduled')).toBeNull();
  screen.unmount();
  show(makeServices('staff'), 'Booking', BookingScreen, { id: 'b1' });
  expect(await screen.findByLabelText('Set to Scheduled')).toBeTruthy();
  expect(screen.getByLabelText('Assign')).toBeTruthy();
});

test('BookingScreen tries again by itself where only a message came between', async () => {
  const conflict = new ApiError(409, { code: 'conflict', message: 'changed', booking: { ...booking, version: 5 } });
  const changeStatus = jest.fn().mockRejectedValueOnce(conflict).mockResolvedValue({ success: true, booking: { ...booking, status: 'Scheduled', version: 6 } });
  show(makeServices('staff', { changeStatus }), 'Booking', BookingScreen, { id: 'b1' });
  fireEvent.press(await screen.findByLabelText('Set to Scheduled'));
  const dialog = await screen.findByLabelText('Note for the customer (optional)');
  fireEvent.changeText(dialog, 'At ten.');
  fireEvent.press(screen.getAllByLabelText('Set to Scheduled').at(-1) as never);
  await waitFor(() => expect(changeStatus).toHaveBeenCalledTimes(2));
  expect(changeStatus.mock.calls[1]).toEqual(['b1', { status: 'Scheduled', message: 'At ten.', version: 5 }]);
});

test('BookingScreen says that a booking is not there', async () => {
  show(makeServices('customer', { booking: async () => Promise.reject(new ApiError(404, { code: 'not_found', message: 'no' })) }), 'Booking', BookingScreen, { id: 'b9' });
  expect(await screen.findByText('This booking is not there')).toBeTruthy();
});

test('AdminStatsScreen shows the numbers', async () => {
  show(makeServices('admin'), 'Dashboard', AdminStatsScreen);
  expect((await screen.findByTestId('tile-total')).props['aria-label']).toBe('Bookings: 7');
  expect(screen.getByTestId('tile-rate').props['aria-label']).toBe('Completion rate: 28.6 %');
  expect(screen.getByLabelText('Sony: 7')).toBeTruthy();
});

test('PersonScreen asks before it keeps somebody out', async () => {
  const changeUser = jest.fn(async () => ({ success: true, user: { ...vikram, active: false } }));
  show(makeServices('admin', { changeUser }), 'Person', PersonScreen, { id: 's1' });
  fireEvent.press(await screen.findByLabelText('Deactivate'));
  expect(changeUser).not.toHaveBeenCalled();
  fireEvent.press((await screen.findAllByLabelText('Deactivate')).at(-1) as never);
  await waitFor(() => expect(changeUser).toHaveBeenCalledWith('s1', { active: false }));
});

test('NewPersonScreen shows what the server does not take', async () => {
  const createStaff = jest.fn().mockRejectedValue(new ApiError(409, { code: 'email_taken', message: 'This e-mail is taken.', fields: { email: 'Taken.' } }));
  show(makeServices('admin', { createStaff }), 'NewPerson', NewPersonScreen);
  fireEvent.changeText(await screen.findByLabelText('Your name'), 'Asha');
  fireEvent.changeText(screen.getByLabelText('E-mail'), 'asha@example.com');
  fireEvent.changeText(screen.getByLabelText('First password'), 'long enough');
  fireEvent.press(screen.getByLabelText('Save'));
  expect(await screen.findByText('Taken.')).toBeTruthy();
});

test('ProfileScreen changes the profile, and asks before it signs out', async () => {
  const updateProfile = jest.fn(async () => ({ success: true, user: user('customer') }));
  show(makeServices('customer', { updateProfile }), 'Profile', ProfileScreen);
  fireEvent.changeText(await screen.findByLabelText('Your name'), 'Meera N.');
  fireEvent.press(screen.getByLabelText('Save'));
  await waitFor(() => expect(updateProfile).toHaveBeenCalledWith({ name: 'Meera N.', email: 'meera@example.com', phone: '555' }));
  fireEvent.press(screen.getByLabelText('Sign out'));
  expect(await screen.findByText('Sign out of this device?')).toBeTruthy();
});

test('SignInScreen says what is missing and what was wrong', async () => {
  const login = jest.fn().mockRejectedValue(new ApiError(401, { code: 'invalid_credentials', message: 'E-mail or password is wrong.' }));
  show(makeServices(null, { login }), 'SignIn', SignInScreen);
  fireEvent.press(await screen.findByLabelText('Sign in'));
  expect((await screen.findAllByText('Please fill this in.')).length).toBe(2);
  fireEvent.changeText(screen.getByLabelText('E-mail'), ' a@example.com ');
  fireEvent.changeText(screen.getByLabelText('Password'), 'wrong');
  fireEvent.press(screen.getByLabelText('Sign in'));
  expect(await screen.findByText('E-mail or password is wrong.')).toBeTruthy();
  expect(login).toHaveBeenCalledWith({ email: 'a@example.com', password: 'wrong' });
});

test('SignUpScreen makes an account', async () => {
  const register = jest.fn().mockRejectedValue(new ApiError(0, { code: 'unreachable', message: 'The server cannot be reached.' }));
  show(makeServices(null, { register }), 'SignUp', SignUpScreen);
  fireEvent.changeText(await screen.findByLabelText('Your name'), 'Ravi');
  fireEvent.changeText(screen.getByLabelText('E-mail'), 'ravi@example.com');
  fireEvent.changeText(screen.getByLabelText('Password'), 'short');
  fireEvent.press(screen.getByLabelText('Create account'));
  await screen.findByText('At least 8 characters.');
  expect(register).not.toHaveBeenCalled();
  fireEvent.changeText(screen.getByLabelText('Password'), 'long enough');
  fireEvent.press(screen.getByLabelText('Create account'));
  expect(await screen.findByText('The server cannot be reached.')).toBeTruthy();
});
