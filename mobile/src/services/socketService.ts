// The app's one socket. Listeners belong to the service, not to a socket: they survive reconnects, other logins and a
// logout, and whoever takes one off never hears from it again.

import { io, type Socket } from 'socket.io-client';

import type { Ack, ClientEvent, ClientEvents, ServerEvent, ServerEvents } from '../api/events';
import { serverAddress } from '../config/server';
import { Seen } from './seen';

// ConnectionState is what the app shows.
//   idle        nobody is signed in
//   connecting  for the first time with this login
//   online
//   offline     the connection is lost, or never came about; the service goes on trying
//   refused     the server does not take the token: no use in trying
export type ConnectionState = 'idle' | 'connecting' | 'online' | 'offline' | 'refused';

type Listener<E extends ServerEvent> = (payload: ServerEvents[E]) => void;
type AnyListener = (payload: never) => void;

// Connected is told at every connect. Where recovered is true, every stored event that was missed comes in its order.
export interface Connected {
  recovered: boolean;
}

export interface SocketOptions {
  url: () => string;
  // How long to wait before coming back, in milliseconds: from the first, doubled each time, to the second.
  backoff: [number, number];
  connectTimeout: number;
  // How long a probe may take before the connection counts as dead.
  probeTimeout: number;
}

const defaults: SocketOptions = { url: serverAddress, backoff: [500, 10_000], connectTimeout: 10_000, probeTimeout: 4_000 };

export class SocketService {
  private readonly options: SocketOptions;
  private socket: Socket | null = null;
  private token: string | null = null;
  private state_: ConnectionState = 'idle';
  private seen = new Seen();
  private readonly listeners = new Map<ServerEvent, Set<AnyListener>>();
  private readonly stateListeners = new Set<() => void>();
  private readonly connectedListeners = new Set<(c: Connected) => void>();
  private readonly refusedListeners = new Set<(code: string, token: string) => void>();

  constructor(options: Partial<SocketOptions> = {}) {
    this.options = { ...defaults, ...options };
  }

  // connect makes the connection of a login: once, however often it is called. Another token ends the socket of the one
  // before, whose place in the event log is not the new one's to continue.
  connect(token: string): void {
    if (this.socket !== null && this.token === token && this.state_ !== 'refused') {
      return;
    }
    this.disconnect();
    this.token = token;
    const [reconnectionDelay, reconnectionDelayMax] = this.options.backoff;
    const socket = io(this.options.url(), {
      auth: (give) => give({ token: this.token }),
      forceNew: true, // never the manager of another login
      reconnection: true,
      reconnectionAttempts: Infinity,
      reconnectionDelay,
      reconnectionDelayMax,
      timeout: this.options.connectTimeout,
    });
    this.socket = socket;
    this.become('connecting');
    socket.on('connect', () => {
      this.become('online');
      this.tell(this.connectedListeners, (listener) => listener({ recovered: socket.recovered }));
    });
    socket.on('disconnect', () => this.lost(socket));
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      if (socket.active) {
        this.become('offline');
      } else {
        this.refuse(error.data?.code ?? '');
      }
    });
    socket.onAny((event: ServerEvent, payload: unknown) => this.receive(event, payload));
  }

  // disconnect ends the login's connection. Listeners stay for the next.
  disconnect(): void {
    const socket = this.socket;
    this.socket = null;
    this.token = null;
    this.seen = new Seen();
    if (socket !== null) {
      socket.offAny();
      socket.off();
      socket.disconnect();
    }
    this.become('idle');
  }

  // on adds a listener; the same one twice is one. It returns what takes it off again.
  on<E extends ServerEvent>(event: E, listener: Listener<E>): () => void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener as AnyListener));
    return () => this.off(event, listener);
  }

  // off takes a listener off, or all of an event.
  off<E extends ServerEvent>(event: E, listener?: Listener<E>): void {
    if (listener === undefined) {
      this.listeners.delete(event);
    } else {
      this.listeners.get(event)?.delete(listener as AnyListener);
    }
  }

  // emit sends an event nobody waits for. Without a connection it is lost: what must arrive is asked or goes by REST.
  emit<E extends ClientEvent>(event: E, argument: ClientEvents[E]): void {
    this.socket?.volatile.emit(event, argument);
  }

  // ask sends an event and waits for the server's answer. It fails when none comes in time.
  async ask<E extends ClientEvent>(event: E, ...argument: ClientEvents[E] extends undefined ? [] : [ClientEvents[E]]): Promise<Ack> {
    if (this.socket === null) {
      throw new Error('not connected');
    }
    return (await this.socket.timeout(this.options.probeTimeout).emitWithAck(event, ...argument)) as Ack;
  }

  // wake is called when the app comes to the foreground or the network returns: it comes back at once instead of waiting
  // for the next try, and a connection that looks alive is asked whether it is.
  wake(): void {
    const socket = this.socket;
    if (socket === null || this.state_ === 'refused') {
      return;
    }
    if (!socket.connected) {
      if (socket.io._readyState !== 'closed') {
        return; // it is trying just now; the server would keep what is given up half-way
      }
      socket.disconnect().connect(); // ends the wait, keeps the place in the event log
      return;
    }
    this.ask('presence').catch(() => {
      if (this.socket === socket && socket.connected) {
        socket.io.engine['_onClose']('ping timeout'); // close() would first wait until what is on the dead line is written
      }
    });
  }

  get state(): ConnectionState {
    return this.state_;
  }

  // onState is told after every change of the state.
  onState(listener: () => void): () => void {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  onConnected(listener: (c: Connected) => void): () => void {
    this.connectedListeners.add(listener);
    return () => void this.connectedListeners.delete(listener);
  }

  // onRefused is told the server's code, and the token it does not take.
  onRefused(listener: (code: string, token: string) => void): () => void {
    this.refusedListeners.add(listener);
    return () => void this.refusedListeners.delete(listener);
  }

  private lost(socket: Socket): void {
    if (socket.active) {
      this.become('offline'); // it comes back by itself
    } else if (this.socket === socket) {
      this.refuse('');
    }
  }

  private refuse(code: string): void {
    this.become('refused');
    const token = this.token ?? '';
    this.tell(this.refusedListeners, (listener) => listener(code, token));
  }

  private receive(event: ServerEvent, payload: unknown): void {
    const id = (payload as { eventId?: unknown } | undefined)?.eventId;
    if (typeof id === 'string' && !this.seen.first(id)) {
      return;
    }
    this.tell(this.listeners.get(event) ?? [], (listener) => listener(payload as never));
  }

  // tell calls listeners. One that throws, or goes while they are called, costs the others nothing.
  private tell<L>(listeners: Iterable<L> & { has?: (l: L) => boolean }, call: (listener: L) => void): void {
    for (const listener of [...listeners]) {
      if (listeners.has?.(listener) === false) {
        continue;
      }
      try {
        call(listener);
      } catch (error) {
        console.error('A listener of the socket threw', error);
      }
    }
  }

  private become(state: ConnectionState): void {
    if (this.state_ !== state) {
      this.state_ = state;
      this.tell(this.stateListeners, (listener) => listener());
    }
  }
}

export default new SocketService();
