// The desk over REST, as an app uses it, and the people of a scenario.
//
// Whatever is personal in here holds the word "zoulqui" or a number that begins with +91 50977: clients_test.go searches the
// server's log for both.

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';

export const base = process.env.DESK_URL;
const secret = process.env.DESK_JWT_SECRET;
const password = 'zoulqui correct horse';
const deadline = 15_000;

// call answers a request with its status and its decoded body. A status other than the wanted one is an error.
export async function call(method, path, { token, body, headers = {}, want = 200 } = {}) {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(deadline),
  });
  const got = { status: answer.status, body: await answer.json() };
  const wanted = [want].flat();
  assert.ok(wanted.includes(got.status), `${method} ${path}: ${got.status}, not ${wanted}: ${JSON.stringify(got.body)}`);
  assert.equal(got.body.success, got.status < 300, `${method} ${path}: success`);
  return got;
}

let people = 0;

function account(label) {
  people++;
  const phone = `+91 50977 ${String(Math.floor(Math.random() * 100_000)).padStart(5, '0')}`;
  return { name: `Zoulqui ${label} ${people}`, email: `${label}.${randomUUID()}@zoulqui.example`, password, phone };
}

// customer registers somebody new.
export async function customer(label = 'customer') {
  const made = account(label);
  const { body } = await call('POST', '/auth/register', { body: made, want: 201 });
  assert.equal(body.user.role, 'customer');
  return { ...made, id: body.user.id, role: 'customer', token: body.token };
}

// login signs somebody in once more: another token of the same user.
export async function login(who) {
  const { body } = await call('POST', '/auth/login', { body: { email: who.email, password: who.password } });
  return { ...who, role: body.user.role, id: body.user.id, token: body.token };
}

let owner;

// boss is the demo's admin, who makes the others.
export async function boss() {
  owner ??= login({ email: 'admin@example.com', password: 'admin123' });
  return owner;
}

async function colleague(role, label) {
  const made = account(label);
  const { body } = await call('POST', '/users', { token: (await boss()).token, body: { ...made, role }, want: 201 });
  assert.equal(body.user.role, role);
  return login(made);
}

export const staff = (label = 'staff') => colleague('staff', label);
export const admin = (label = 'admin') => colleague('admin', label);

// details is a booking as somebody fills it in.
export function details(more = {}) {
  return {
    name: 'Zoulqui Customer', phone: '+91 50977 01234', address: '7 Zoulqui Lane, Mumbai', brand: 'LG', model: 'OLED 65 inch',
    invoiceNo: 'KS-1', preferredAt: '2031-05-06T07:08:09Z', email: 'booked@zoulqui.example', ...more,
  };
}

export async function create(who, more, headers) {
  const { body } = await call('POST', '/bookings', { token: who.token, body: details(more), headers });
  return body.booking;
}

export async function change(who, id, body, want = 200) {
  return (await call('PATCH', `/bookings/${id}/status`, { token: who.token, body, want })).body.booking;
}

export async function edit(who, id, body) {
  return (await call('PATCH', `/bookings/${id}`, { token: who.token, body })).body.booking;
}

export async function read(who, id) {
  return (await call('GET', `/bookings/${id}`, { token: who.token })).body.booking;
}

export async function write(who, id, message, clientId) {
  const { body } = await call('POST', `/bookings/${id}/messages`, { token: who.token, body: { message, clientId }, want: 201 });
  return body.message;
}

// claims returns what a token says.
function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}

// resigned returns a token like another one, changed, and signed with the server's secret or another.
export function resigned(token, changes, { key = secret, algorithm } = {}) {
  const header = algorithm
    ? Buffer.from(JSON.stringify({ alg: algorithm, typ: 'JWT' })).toString('base64url')
    : token.split('.')[0];
  const text = `${header}.${Buffer.from(JSON.stringify({ ...claims(token), ...changes })).toString('base64url')}`;
  return `${text}.${algorithm === 'none' ? '' : createHmac('sha256', key).update(text).digest('base64url')}`;
}
