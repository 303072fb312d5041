// A line is a stock client's socket that remembers everything it was told.

import assert from 'node:assert/strict';
import { io } from 'socket.io-client';
import { base } from './desk.mjs';

const deadline = 15_000;

// transports are the ways a client can go. The default options poll first and then upgrade.
export const transports = { default: {}, polling: { transports: ['polling'] }, websocket: { transports: ['websocket'] } };

// transport is the one of this run.
export const transport = process.env.DESK_TRANSPORT ?? 'default';

const lines = [];

export class Line {
  events = []; // {name, payload, args}, in the order in which they came
  states = []; // {state: 'connect' | 'disconnect' | 'refused', recovered?, reason?, code?, message?}
  #waiting = new Set();

  constructor(auth, by = transport) {
    this.by = by;
    this.socket = io(base, { ...transports[by], multiplex: false, ...(auth && { auth }) });
    this.socket.io.once('open', () => (this.first = this.socket.io.engine.transport.name));
    this.socket.on('connect', () => this.#note({ state: 'connect', recovered: this.socket.recovered }));
    this.socket.on('disconnect', (reason) => this.#note({ state: 'disconnect', reason }));
    this.socket.on('connect_error', (e) => this.#note({ state: 'refused', message: e.message, code: e.data?.code }));
    this.socket.onAny((name, ...args) => {
      this.events.push({ name, payload: args[0], args });
      this.#wake();
    });
    lines.push(this);
  }

  #note(state) {
    this.states.push(state);
    this.#wake();
  }

  #wake() {
    for (const look of this.#waiting) look();
  }

  // until waits for a condition on what has come so far, and returns what it returned.
  until(what, condition, wait = deadline) {
    return new Promise((resolve, reject) => {
      const told = () => JSON.stringify({ states: this.states, events: this.events.map((e) => [e.name, e.payload]) });
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle(value);
      };
      const timer = setTimeout(() => end(reject, new Error(`${what}: not within ${wait} ms; so far ${told()}`)), wait);
      const look = () => {
        try {
          const found = condition();
          if (found) end(resolve, found);
        } catch (wrong) {
          end(reject, wrong);
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  // next waits for the first event of a name whose payload holds all of the given values, and returns its payload.
  async next(name, values = {}, wait) {
    const fits = (e) => e.name === name && Object.entries(values).every(([key, value]) => e.payload?.[key] === value);
    return (await this.until(`${name} ${JSON.stringify(values)}`, () => this.events.find(fits), wait)).payload;
  }

  connected() {
    return this.until('connect', () => {
      const refused = this.states.find((s) => s.state === 'refused');
      if (refused) throw new Error(`refused: ${JSON.stringify(refused)}`);
      return this.socket.connected;
    });
  }

  // upgraded waits until the transport is the one this line has to end up with.
  async upgraded() {
    const want = this.by === 'polling' ? 'polling' : 'websocket';
    const engine = this.socket.io.engine;
    if (engine.transport.name !== want) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`still on ${engine.transport.name}, not ${want}`)), deadline);
        engine.once('upgrade', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    assert.equal(engine.transport.name, want);
  }

  // refused waits for the server's final answer to a connect, and returns its state.
  async refused() {
    const state = await this.until('connect_error', () => this.states.find((s) => s.state === 'refused' && s.code));
    assert.equal(state.message, 'Authentication error');
    assert.equal(this.socket.active, false, 'the client goes on trying');
    return state.code;
  }

  // ask emits an event and returns what its ack says.
  ask(event, ...args) {
    return this.socket.timeout(deadline).emitWithAck(event, ...args);
  }

  // times returns how often something came to pass.
  times(state) {
    return this.states.filter((s) => s.state === state).length;
  }

  // about returns the names of what came about a booking, in order.
  about(id) {
    return this.events.filter((e) => e.payload?.bookingId === id).map((e) => e.name);
  }

  // payloads returns what came under a name about a booking.
  payloads(name, id) {
    return this.events.filter((e) => e.name === name && e.payload?.bookingId === id).map((e) => e.payload);
  }

  close() {
    this.socket.disconnect();
  }
}

// cut breaks a client's line: a WebSocket is torn down, a poll is let go of.
export function cut(line) {
  const { engine } = line.socket.io;
  if (engine.transport.name === 'websocket') engine.transport.ws.terminate();
  else engine.close();
}

// away cuts a line, plays a scene while it is gone, and returns what that returned when it is back.
export async function away(line, scene = () => {}) {
  await line.upgraded();
  const connects = line.times('connect');
  const disconnects = line.times('disconnect');
  line.socket.io.reconnection(false);
  cut(line);
  await line.until('disconnect', () => line.times('disconnect') > disconnects);
  const missed = await scene();
  line.socket.io.reconnection(true);
  line.socket.connect();
  await line.until('connect', () => line.times('connect') > connects);
  return missed;
}

// inOrder checks that a line was told everything in the order of positions, nothing twice.
export function inOrder(line) {
  const at = line.events.filter((e) => e.payload?.eventId).map((e) => e.args.at(-1).split('-').map(BigInt));
  for (let i = 1; i < at.length; i++) {
    assert.ok(at[i - 1][0] < at[i][0] || (at[i - 1][0] === at[i][0] && at[i - 1][1] < at[i][1]), `${at[i - 1]} before ${at[i]}`);
  }
}

// open connects somebody; the upgrade may still be under way, so that what follows happens in the midst of it.
export async function open(who, by) {
  const line = new Line(who && { token: who.token }, by);
  await line.connected();
  return line;
}

// all returns every line there was.
export const all = () => lines;
