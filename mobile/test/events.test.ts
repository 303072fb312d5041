import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';

import type { Booking, User } from '../src/api/contract';
import { declared, type Members } from './declared';
import { Desk, until } from './desk';
import { complaints, type Sample } from './satisfies';

jest.setTimeout(60_000);

const roles = { customer: 'password123', staff: 'staff123', admin: 'admin123' } as const;
type Person = keyof typeof roles;

let desk: Desk;
const tokens = {} as Record<Person, string>;
const sockets = {} as Record<Person, Socket>;
const heard: { who: Person; event: string; payload: Record<string, unknown> }[] = [];
const acks: Sample[] = [];
const asked: Sample[] = [];
const answers: Sample[] = [];

// rest calls the API and keeps the answer, to be held against a type.
async function rest<T>(who: Person, method: string, path: string, type: string, body?: unknown): Promise<T> {
  const value = await desk.call<T>(method, `/api/v1${path}`, tokens[who], body);
  answers.push({ type: `Contract.${type}`, value });
  return value;
}

async function ask(who: Person, event: string, ...argument: unknown[]): Promise<void> {
  const ack = await sockets[who].timeout(10_000).emitWithAck(event, ...argument);
  acks.push({ type: 'Events.Ack', value: ack });
  if (ack.ok && argument.length > 0) {
    asked.push({ type: `Events.ClientEvents['${event}']`, value: argument[0] });
  }
}

const hears = (who: Person, event: string, fits: (payload: Record<string, unknown>) => boolean = () => true) =>
  until(`${who} hears ${event}`, () => heard.some((one) => one.who === who && one.event === event && fits(one.payload)));

async function connect(who: Person): Promise<void> {
  const socket = io(desk.url, { auth: { token: tokens[who] }, forceNew: true });
  sockets[who] = socket;
  socket.onAny((event, payload) => heard.push({ who, event, payload })); // the event's offset comes after it
  await until(`${who} is connected`, () => socket.connected);
}

// The desk does everything of which it tells somebody.
beforeAll(async () => {
  desk = await Desk.start({ PRESENCE_GRACE: '0s' });
  for (const who of Object.keys(roles) as Person[]) {
    tokens[who] = await desk.login(`${who}@example.com`, roles[who]);
  }
  await connect('admin');
  await connect('customer');
  await connect('staff');
  await hears('admin', 'userOnline');
  const { user: staff } = await rest<{ user: User }>('staff', 'GET', '/auth/me', 'UserAnswer');

  const book = async (more: object) => {
    const details = { name: 'Meera', phone: '555 0100', address: '12 Hill Road', brand: 'Sony', model: 'Bravia 7' };
    return (await rest<{ booking: Booking }>('customer', 'POST', '/bookings', 'BookingAnswer', { ...details, ...more })).booking._id;
  };
  const full = await book({ email: 'meera@example.com', invoiceNo: 'INV-1', preferredAt: '2031-05-20T10:30:00Z' });
  const bare = await book({});
  await rest('customer', 'PATCH', `/bookings/${bare}`, 'BookingAnswer', { address: '13 Hill Road' });
  await rest('admin', 'PATCH', `/bookings/${full}/status`, 'BookingAnswer', { status: 'Scheduled', assignedTo: staff.id, message: 'We come.' });
  await rest('admin', 'PATCH', `/bookings/${bare}/status`, 'BookingAnswer', { assignedTo: staff.id });
  for (const status of ['Cancelled', 'Pending', 'Completed']) {
    await rest('admin', 'PATCH', `/bookings/${bare}/status`, 'BookingAnswer', { status });
  }

  await ask('staff', 'typing', { bookingId: full });
  await ask('staff', 'typing', { bookingId: full, isTyping: false });
  await ask('customer', 'sendMessage', { bookingId: full, message: 'When?', clientId: 'c1' });
  await ask('customer', 'sendMessage', { bookingId: full, message: 'Today?' });
  await hears('staff', 'bookingMessage', ({ message }) => message === 'Today?');
  const message = heard.find(({ event }) => event === 'bookingMessage')?.payload;
  await ask('staff', 'messageRead', { bookingId: full, messageId: message?.messageId });
  await ask('staff', 'messageRead', { bookingId: full, messageId: 'no such entry' }); // refused
  await ask('staff', 'presence');
  await ask('staff', 'leave', 'staff-room');
  await ask('staff', 'join', 'staff-room');
  await ask('customer', 'join', 'staff-room'); // refused
  await rest('staff', 'POST', `/bookings/${full}/messages`, 'EntryAnswer', { message: 'Tomorrow.', clientId: 'c2' });
  await hears('customer', 'messageReadReceipt');
  await hears('customer', 'userTyping', ({ isTyping }) => isTyping === false);
  await hears('admin', 'statsUpdated');
  sockets.staff.disconnect();
  await hears('admin', 'userOffline');

  await rest('customer', 'GET', `/bookings/${full}`, 'BookingAnswer');
  await rest('customer', 'GET', '/bookings/user', 'BookingsAnswer');
  await rest('admin', 'GET', '/bookings?limit=2', 'BookingsAnswer');
  await rest('customer', 'GET', '/notifications', 'NotificationsAnswer');
  await rest('admin', 'GET', '/stats/overview', 'OverviewAnswer');
  await rest('admin', 'GET', '/stats/daily', 'DailyAnswer');
  await rest('admin', 'GET', '/users', 'AccountsAnswer');
  await rest('customer', 'GET', '/users', 'Failure');
  await rest('customer', 'POST', '/bookings', 'Failure', { brand: 'Sony' });
  await rest('admin', 'PATCH', `/bookings/${full}/status`, 'Failure', { status: 'Pending', version: 1 }); // with the booking as it is
});

afterAll(async () => {
  Object.values(sockets).forEach((socket) => socket.disconnect());
  await desk.close();
});

test('the server tells every event the app knows, and no other', () => {
  const known = Object.keys(declared('events.ts').get('ServerEvents') ?? {}).sort();
  expect([...new Set(heard.map(({ event }) => event))].sort()).toEqual(known);
  const named = readFileSync(join(__dirname, '../../booking/notice.go'), 'utf8').matchAll(/^\tEvent\w+ += "(\w+)"/gm);
  expect([...named].map(([, name]) => name).sort()).toEqual(known);
});

test('every event is what its interface says', () => {
  expect(complaints(heard.map(({ event, payload }) => ({ type: `Events.ServerEvents['${event}']`, value: payload })))).toEqual([]);
});

test('a member is optional where the server leaves it out at times, and nowhere else', () => {
  const interfaces = declared('events.ts');
  for (const [event, { type }] of Object.entries(interfaces.get('ServerEvents') ?? {})) {
    const payloads = heard.filter((one) => one.event === event).map((one) => one.payload);
    const seen = [...new Set(payloads.flatMap(Object.keys))].sort();
    const ours = (interfaces.get(type) ?? declared('contract.ts').get(type)) as Members;
    expect({ [event]: seen.map((name) => `${name}${payloads.every((one) => name in one) ? '' : '?'}`) }).toEqual({
      [event]: Object.keys(ours)
        .sort()
        .map((name) => `${name}${ours[name]?.optional ? '?' : ''}`),
    });
    const moments = Object.keys(ours).filter((name) => ours[name]?.type === 'moment');
    for (const moment of payloads.flatMap((one) => moments.map((name) => one[name]).filter((value) => value !== undefined))) {
      expect(moment).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  }
});

test('the server takes every event the app sends, and answers as the app expects', () => {
  const known = Object.keys(declared('events.ts').get('ClientEvents') ?? {});
  const silent = known.filter((event) => !asked.some(({ type }) => type.includes(`'${event}'`)));
  expect(silent).toEqual(['presence']); // which has no argument
  expect(complaints([...asked, ...acks])).toEqual([]);
  expect(acks.filter(({ value }) => !(value as { ok: boolean }).ok)).toHaveLength(2);
  expect(acks).toContainEqual({ type: 'Events.Ack', value: { ok: true, online: expect.arrayContaining([expect.any(String)]) } });
});

// The OpenAPI document says nothing of what an answer may leave out, nor which kinds of entries there are.
test('what the API answers is what its interfaces say', () => {
  expect(complaints(answers)).toEqual([]);
});
