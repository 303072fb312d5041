import { screen } from '@testing-library/react-native';

import { Refusal } from './deskDouble';
import { users } from './samples';
import { deliver, open, openWith, prepare, press, type } from './stage';

test('nothing is sent before the form is filled in', async () => {
  const stage = prepare();
  await open(stage);
  await press('Sign in');
  expect(await screen.findAllByText('Please fill this in.')).toHaveLength(2);
  await type('E-mail', 'nobody');
  await type('Password', 'x');
  await press('Sign in');
  expect(await screen.findByText('This is not an e-mail address.')).toBeTruthy();
  expect(stage.desk.asked).toEqual([]);
});

test('a wrong password is said as the server says it', async () => {
  const stage = prepare();
  stage.desk.on('POST /auth/login', () => {
    throw new Refusal(401, 'invalid_credentials', 'E-mail or password is wrong.');
  });
  await open(stage);
  await type('E-mail', 'meera@example.com');
  await type('Password', 'wrong');
  await press('Sign in');
  expect(await screen.findByText('E-mail or password is wrong.')).toBeTruthy();
  expect(stage.line.tokens).toEqual([]);
});

test('signing in opens one line, keeps the token, and shows the role’s first screen', async () => {
  const stage = prepare();
  stage.desk.on('POST /auth/login', () => ({ success: true, message: '', token: 'fresh', user: users.staff }));
  await open(stage);
  await type('E-mail', ' vikram@example.com ');
  await type('Password', ' staff123 ');
  await press('Sign in');
  expect(await screen.findByText('No open jobs')).toBeTruthy();
  expect(stage.desk.sent('POST /auth/login')).toEqual([{ email: 'vikram@example.com', password: ' staff123 ' }]);
  expect(stage.line.tokens).toEqual(['fresh']);
  expect([...stage.device.values()]).toEqual(['fresh']);
});

test('without a network it says so, and the form stays', async () => {
  const stage = prepare();
  await open(stage);
  stage.desk.reachable = false;
  await type('E-mail', 'meera@example.com');
  await type('Password', 'password123');
  await press('Sign in');
  expect(await screen.findByText('The server cannot be reached. Check your connection.')).toBeTruthy();
  expect(screen.getByDisplayValue('meera@example.com')).toBeTruthy();
});

test('signing up: rules first, then what the server says of a field, then in', async () => {
  const stage = prepare();
  await open(stage);
  await press('Create account');
  await screen.findByText('Book with us in a minute');
  await type('Your name', 'Meera');
  await type('Phone (optional)', 'call me');
  await press('Create account');
  expect(await screen.findByText('Digits, spaces and + - ( ) only.')).toBeTruthy();
  expect(stage.desk.sent('POST /auth/register')).toEqual([]);

  stage.desk.on('POST /auth/register', () => {
    throw new Refusal(409, 'email_taken', 'Please use another e-mail.', { fields: { email: 'is taken' } });
  });
  await type('Phone (optional)', '');
  await type('E-mail', 'meera@example.com');
  await type('Password', 'password123');
  await press('Create account');
  expect(await screen.findByText('is taken')).toBeTruthy();

  stage.desk.on('POST /auth/register', () => ({ success: true, message: '', token: 'fresh', user: users.customer }));
  await press('Create account');
  expect(await screen.findByText('No bookings yet')).toBeTruthy();
  expect(stage.desk.sent('POST /auth/register').at(-1)).toEqual({ name: 'Meera', email: 'meera@example.com', password: 'password123' });
  expect(stage.line.tokens).toEqual(['fresh']);
});

describe('a token from the last start', () => {
  test.each([
    ['customer', 'No bookings yet'],
    ['staff', 'No open jobs'],
    ['admin', 'By brand'],
  ] as const)('of a %s shows what the server says they are', async (role, text) => {
    const stage = prepare();
    stage.device.set('role', 'admin'); // what somebody wrote into the storage counts for nothing
    stage.device.set('user', JSON.stringify(users.admin));
    await openWith(stage, role, text);
    expect(screen.queryByText('People') !== null).toBe(role === 'admin');
  });

  test('that is not taken leads to the sign-in, with the reason', async () => {
    const stage = prepare();
    stage.device.set('token', 'old');
    stage.desk.on('GET /auth/me', () => {
      throw new Refusal(401, 'expired_token', 'no');
    });
    await open(stage);
    expect(await screen.findByText('Your sign-in has expired. Please sign in again.')).toBeTruthy();
    expect(stage.device.get('token')).toBeUndefined();
    expect(stage.line.tokens).toEqual([]);
  });

  test('is kept where the server cannot be reached', async () => {
    const stage = prepare();
    stage.desk.reachable = false;
    await openWith(stage, 'customer', 'The desk cannot be reached');
    stage.desk.reachable = true;
    await press('Try again');
    expect(await screen.findByText('No bookings yet')).toBeTruthy();
    expect(stage.device.get('token')).toBe('token of customer');
  });

  // The answer to a question of before the sign-out signed in again: a session without a token.
  test('is forgotten by signing out, also while the server is asked who that is', async () => {
    const stage = prepare();
    stage.desk.reachable = false;
    await openWith(stage, 'customer', 'The desk cannot be reached');
    stage.desk.reachable = true;
    let answer = (_: unknown): void => undefined;
    stage.desk.on('GET /auth/me', () => new Promise((resolve) => (answer = resolve)));
    await press('Try again');
    await press('Sign out');
    await screen.findByText('Welcome back');
    await deliver(() => answer({ success: true, user: users.customer }));
    expect(screen.getByText('Welcome back')).toBeTruthy();
    expect(stage.line.tokens).toEqual([]);
  });

  test('that the device cannot read leads to the sign-in, rather than nowhere', async () => {
    const stage = prepare();
    stage.services.tokenStore.read = async () => Promise.reject(new Error('locked'));
    await open(stage);
    expect(screen.getByText('Welcome back')).toBeTruthy();
  });

  test('that is revoked while in use ends the session, and of another login does not', async () => {
    const stage = prepare();
    await open(stage, 'customer');
    await deliver(() => stage.line.refuse('revoked_token', 'token of somebody before'));
    expect(screen.getByText('No bookings yet')).toBeTruthy();
    await deliver(() => stage.line.refuse('revoked_token', 'token of customer'));
    expect(await screen.findByText(/You were signed out because your access or password has changed/)).toBeTruthy();
    expect(stage.services.queryClient.getQueryCache().getAll().filter((query) => query.state.data !== undefined)).toEqual([]);
  });
});
