// The app hides what the server would refuse, and says what it would say of a form. Here the server is asked about all of it.

import type { Booking, Failure, Role, Status, User } from '../src/api/contract';
import { mayAssign, mayCancel, mayEdit, mayReschedule, nextStatuses, statuses } from '../src/domain/status';
import { atMost, email, limits, password, phone, required } from '../src/domain/validate';
import { Desk } from './desk';

jest.setTimeout(60_000);

const passwords: Record<Role, string> = { customer: 'password123', staff: 'staff123', admin: 'admin123' };
const roles = Object.keys(passwords) as Role[];
const details = { name: 'Meera', phone: '555 0100', address: '12 Hill Road', brand: 'Sony', model: 'Bravia 7' };

let desk: Desk;
const tokens = {} as Record<Role, string>;
let assignee: string;

beforeAll(async () => {
  desk = await Desk.start({ REGISTER_LIMIT_ADDRESS: '100000/1m' });
  for (const role of roles) {
    tokens[role] = await desk.login(`${role}@example.com`, passwords[role]);
  }
  assignee = (await desk.call<{ user: User }>('GET', '/api/v1/auth/me', tokens.staff)).user.id;
});

afterAll(() => desk.close());

type Answer = { success: true; booking: Booking } | (Failure & { success: false });

const call = (role: Role, method: string, path: string, body: object) => desk.call<Answer>(method, `/api/v1${path}`, tokens[role], body);

// book makes a booking of the customer with a status.
async function book(status: Status): Promise<Booking> {
  let answer = await call('customer', 'POST', '/bookings', details);
  if (answer.success && status !== 'Pending') {
    answer = await call('admin', 'PATCH', `/bookings/${answer.booking._id}/status`, { status });
  }
  if (!answer.success) {
    throw new Error(answer.message);
  }
  return answer.booking;
}

// may asks the server whether something is allowed.
async function may(role: Role, booking: Booking, path: string, body: object): Promise<boolean> {
  const answer = await call(role, 'PATCH', `/bookings/${booking._id}${path}`, body);
  if (!answer.success) {
    expect(['forbidden', 'invalid_transition']).toContain(answer.code);
  }
  return answer.success;
}

describe.each(roles)('as %s', (role) => {
  test.each(statuses)('what may become of a booking that is %s', async (status) => {
    const allowed: Status[] = [];
    for (const to of statuses.filter((one) => one !== status)) {
      if (await may(role, await book(status), '/status', { status: to })) {
        allowed.push(to);
      }
    }
    const booking = await book(status);
    expect([...nextStatuses(role, status)].sort()).toEqual(allowed.sort());
    expect(mayCancel(role, booking)).toBe(allowed.includes('Cancelled'));
    expect(mayEdit(role, booking)).toBe(await may(role, booking, '', { address: '14 Hill Road' }));
    expect(mayReschedule(role, booking)).toBe(await may(role, booking, '', { preferredAt: '2031-05-20T10:30:00Z' }));
    expect(mayAssign(role, booking)).toBe(await may(role, booking, '/status', { assignedTo: assignee }));
  });
});

// wrong returns what the server has against the fields of a form; nothing where it takes it.
async function wrong(method: string, path: string, body: object, role: Role = 'admin'): Promise<Record<string, string>> {
  const answer = await call(role, method, path, body);
  if (answer.success) {
    return {};
  }
  expect(answer.code).toBe('validation_failed');
  return answer.fields ?? {};
}

let people = 0;
const person = (more: object) => wrong('POST', '/users', { name: 'Ravi', email: `p${people++}@example.com`, password: 'a good password', role: 'staff', ...more });
const address = (length: number) => `${String(people++).padStart(length - 12, 'x')}@example.com`;

describe('the limits of a form are the server’s', () => {
  const form = (more: object) => wrong('POST', '/bookings', { ...details, ...more });
  const text = (length: number) => '\u{1d7d8}'.repeat(length); // one character, two of JavaScript's, four bytes
  const message = async (more: object) => wrong('POST', `/bookings/${(await book('Pending'))._id}/messages`, more);

  const rows: [string, keyof typeof limits, (more: object) => Promise<Record<string, string>>, (length: number) => string][] = [
    ...(['name', 'address', 'brand', 'model', 'phone', 'invoiceNo'] as const).map((field) => [`booking: ${field}`, field, form, text] as (typeof rows)[0]),
    ['booking: email', 'email', form, address],
    ['message', 'message', message, text],
    ['person: name', 'name', person, text],
    ['person: phone', 'phone', person, text],
    ['person: email', 'email', person, address],
    ['person: password', 'password', person, (length) => 'x'.repeat(length)],
  ];

  test.each(rows)('%s', async (_, field, send, value) => {
    const limit = limits[field];
    expect(await send({ [field]: value(limit) })).toEqual({});
    expect(atMost(limit)(value(limit))).toBeUndefined();
    expect(await send({ [field]: value(limit + 1) })).toEqual({ [field]: expect.stringContaining('at most') });
    expect(atMost(limit)(value(limit + 1))).toEqual(expect.stringContaining(String(limit)));
  });

  test.each(['name', 'phone', 'address', 'brand', 'model'] as const)('%s is wanted by both', async (field) => {
    for (const nothing of ['', '  ']) {
      expect(await form({ [field]: nothing })).toEqual({ [field]: 'is required' });
      expect(required(nothing)).toBeDefined();
    }
  });

  test('what is optional may be left empty', async () => {
    expect(await form({ email: '', invoiceNo: '' })).toEqual({});
    expect([email(''), phone('')]).toEqual([undefined, undefined]);
  });
});

test.each(['ravi@example.com', ' ravi@example.com ', 'ravi+desk@example.co.in', 'ravi', 'ravi@', 'a b@example.com'])('the e-mail address %p', async (value) => {
  const refused = 'email' in (await wrong('POST', '/bookings', { ...details, email: value }));
  expect(email(value) !== undefined).toBe(refused);
});

test.each(['+91 98200 00000', '(022) 555-0100', '022/555.0100'])('the phone number %p', async (value) => {
  expect(await wrong('POST', '/bookings', { ...details, phone: value })).toEqual({});
  expect(phone(value)).toBeUndefined();
});

test.each(['1234567', '12345678', '\u{1d7d8}'.repeat(7), '\u{1d7d8}'.repeat(8)])('the password %p', async (value) => {
  const refused = 'password' in (await person({ password: value }));
  expect(password(value) !== undefined).toBe(refused);
});
