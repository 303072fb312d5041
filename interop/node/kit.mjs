// What the scenarios share: servers of their own, clients that end with the test, and waiting with a deadline.

import assert from 'node:assert/strict';

const { io, Manager } = await import(process.env.INTEROP_CLIENT ?? 'socket.io-client');
export { io, Manager };

// modern says that this is the client of 2022 and later, with timeouts, promises and details of a disconnect.
export const modern = process.env.INTEROP_CLIENT !== 'socket.io-client-3';

// long plays more rounds.
export const long = Boolean(process.env.LONG);

const control = process.env.INTEROP_CONTROL;
const deadline = 15_000;

// transports are the ways in which a client can be set up, by name.
export const transports = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  upgrade: {},
};

// within is a promise with a deadline, whose error says what did not happen.
export function within(promise, what, ms = deadline) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// until waits for a condition.
export async function until(condition, what, ms = deadline) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((go) => setTimeout(go, 5))) {
    if (await condition()) return;
  }
  assert.fail(`${what}: not within ${ms} ms`);
}

async function post(path) {
  const answer = await fetch(control + path, { method: 'POST', signal: AbortSignal.timeout(40_000) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

// server starts a server with these flags.
export async function server(flags = {}) {
  const { id, url } = await (await post(`/servers?${new URLSearchParams(flags)}`)).json();
  const act = (name) => () => post(`/servers/${id}/${name}`);
  return { url, kill: act('kill'), stop: act('stop'), start: act('start'), pause: act('pause'), resume: act('resume') };
}

let common;

// shared is a server with default settings, for scenarios that leave it as it is.
export const shared = () => (common ??= server());

// quick are options of a client that loses no time: it reconnects soon, and shares its connection with no other.
export const quick = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0 };

// open makes a client that ends with the test, and waits for nothing.
export function open(t, url, options = {}) {
  const socket = io(url, { ...quick, ...options });
  t.after(() => socket.io._close?.() ?? socket.disconnect());
  return socket;
}

// connect makes a client and waits until it is connected, and until its transport is the best one that it may use.
export async function connect(t, url, options = {}) {
  const socket = open(t, url, options);
  const connected = event(socket, 'connect');
  const { transports: only, upgrade } = options;
  if (!only && upgrade !== false) {
    socket.io.on('open', () => socket.io.engine.once('upgrade', () => (socket.upgraded = true)));
    await connected;
    await until(() => socket.upgraded, 'upgrade');
  }
  await connected;
  if (!socket.connected) await event(socket, 'connect');
  return socket;
}

// event waits for an event of a socket and returns its arguments.
export function event(socket, name, ms) {
  return within(new Promise((resolve) => socket.once(name, (...args) => resolve(args))), `event ${name}`, ms);
}

// ask emits an event and returns the arguments of its acknowledgement.
export function ask(socket, name, ...args) {
  return within(new Promise((resolve) => socket.emit(name, ...args, (...answer) => resolve(answer))), `ack of ${name}`);
}

// transportOf is what a client uses now.
export const transportOf = (socket) => socket.io.engine.transport.name;

// collect keeps the first argument of every event of a name.
export function collect(socket, name) {
  const list = [];
  socket.on(name, (first) => list.push(first));
  return list;
}
