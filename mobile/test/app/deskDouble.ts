// What stands in for the server and the line in tests of screens: answers by route, and events when a test says so.

import type { Ack, ClientEvent, ServerEvent, ServerEvents } from '../../src/api/events';
import type { Connected, ConnectionState, SocketService } from '../../src/services/socketService';

export interface Asked {
  route: string; // "PATCH /bookings/b1/status"
  query: Record<string, string>;
  headers: Record<string, string>;
  body: unknown;
}

type Answer = (asked: Asked) => unknown;

// Refusal is thrown by an answer that is a failure.
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more: object = {},
  ) {
    super(message);
  }
}

// DeskDouble answers fetch. A route nobody gave an answer for is a 404, so that no test passes by chance.
export class DeskDouble {
  readonly asked: Asked[] = [];
  reachable = true;
  private readonly answers = new Map<string, Answer>();

  on(route: string, answer: Answer): this {
    this.answers.set(route, answer);
    return this;
  }

  // sent returns the bodies of all calls of a route.
  sent(route: string): unknown[] {
    return this.asked.filter((one) => one.route === route).map((one) => one.body);
  }

  queries(route: string): Record<string, string>[] {
    return this.asked.filter((one) => one.route === route).map((one) => one.query);
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (!this.reachable) {
      throw new TypeError('no network');
    }
    const { pathname, searchParams } = new URL(url);
    const asked: Asked = {
      route: `${init.method} ${pathname.replace('/api/v1', '')}`,
      query: Object.fromEntries(searchParams),
      headers: init.headers as Record<string, string>,
      body: init.body === undefined ? undefined : JSON.parse(init.body as string),
    };
    this.asked.push(asked);
    const answer = this.answers.get(asked.route);
    try {
      if (answer === undefined) {
        throw new Refusal(404, 'not_found', `nothing at ${asked.route}`);
      }
      return response(200, await answer(asked));
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      return response(error.status, { success: false, code: error.code, message: error.message, requestId: 'req-1', ...error.more });
    }
  };
}

function response(status: number, body: unknown): Response {
  return { ok: status < 300, status, json: async () => body, blob: async () => body } as Response;
}

// LineDouble is the socket without a server: a test says when it is online and what comes.
export class LineDouble {
  state: ConnectionState = 'idle';
  readonly tokens: string[] = [];
  readonly emitted: [ClientEvent, unknown][] = [];
  readonly questions: [ClientEvent, unknown][] = [];
  online: string[] = [];
  // acks are answers to come before the usual one.
  readonly acks: Partial<Record<ClientEvent, Ack[]>> = {};
  woken = 0;
  private readonly listeners = new Map<ServerEvent, Set<(payload: never) => void>>();
  private readonly stateListeners = new Set<() => void>();
  private readonly connectedListeners = new Set<(c: Connected) => void>();
  private readonly refusedListeners = new Set<(code: string, token: string) => void>();

  get service(): SocketService {
    return this as unknown as SocketService;
  }

  connect(token: string): void {
    this.tokens.push(token);
    this.become('online');
    this.back(false);
  }

  disconnect(): void {
    this.become('idle');
  }

  wake(): void {
    this.woken++;
  }

  emit(event: ClientEvent, argument: unknown): void {
    this.emitted.push([event, argument]);
  }

  async ask(event: ClientEvent, argument?: unknown): Promise<Ack> {
    this.questions.push([event, argument]);
    return this.acks[event]?.shift() ?? { ok: true, online: this.online };
  }

  on<E extends ServerEvent>(event: E, listener: (payload: ServerEvents[E]) => void): () => void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener as (payload: never) => void));
    return () => void all.delete(listener as (payload: never) => void);
  }

  onState(listener: () => void): () => void {
    return kept(this.stateListeners, listener);
  }

  onConnected(listener: (c: Connected) => void): () => void {
    return kept(this.connectedListeners, listener);
  }

  onRefused(listener: (code: string, token: string) => void): () => void {
    return kept(this.refusedListeners, listener);
  }

  become(state: ConnectionState): void {
    this.state = state;
    this.stateListeners.forEach((listener) => listener());
  }

  back(recovered: boolean): void {
    this.connectedListeners.forEach((listener) => listener({ recovered }));
  }

  refuse(code: string, token: string): void {
    this.become('refused');
    this.refusedListeners.forEach((listener) => listener(code, token));
  }

  deliver<E extends ServerEvent>(event: E, payload: ServerEvents[E]): void {
    [...(this.listeners.get(event) ?? [])].forEach((listener) => listener(payload as never));
  }

  // listening counts all listeners, so that a test sees what is left behind.
  get listening(): number {
    return [...this.listeners.values(), this.stateListeners, this.connectedListeners].reduce((sum, set) => sum + set.size, 0);
  }
}

function kept<L>(set: Set<L>, listener: L): () => void {
  set.add(listener);
  return () => void set.delete(listener);
}
