// Bookings on their way to the server. Each is kept on the device under its idempotency key until the server has answered,
// so that a lost connection, a closed page or a second press never makes two of one, or none.

import type { Booking, NewBooking } from '../api/contract';
import type { Api } from '../api/endpoints';
import { ApiError, isPassing, isRefusedToken } from '../api/error';
import { newId } from '../domain/id';
import type { storage } from './storage';

export interface Submission {
  key: string;
  body: NewBooking;
  // waiting says that the server could not be reached, and that it is tried again.
  waiting: boolean;
  // refusal is the server's, where nobody was looking at the form to see it.
  refusal?: ApiError;
}

// Outcome is told what becomes of bookings that nobody waits for at their form.
export interface Outcome {
  made: (booking: Booking) => void;
  refused: (body: NewBooking, refusal: ApiError) => void;
}

interface Deps {
  api: Pick<Api, 'createBooking'>;
  storage: typeof storage;
  // retryDelays are the pauses between tries in milliseconds; the last one repeats.
  retryDelays?: number[];
}

const keyOf = (userId: string) => `desk.submissions.${userId}`;

export class Submissions {
  private userId: string | null = null;
  private outcome: Outcome | null = null;
  private all: readonly Submission[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly wakers = new Set<() => void>();
  private readonly retryDelays: number[];

  constructor(private readonly deps: Deps) {
    this.retryDelays = deps.retryDelays ?? [1_000, 2_000, 5_000, 10_000];
  }

  // begin takes up what a user had not got through.
  async begin(userId: string, outcome: Outcome): Promise<void> {
    this.userId = userId;
    this.outcome = outcome;
    this.become([]);
    const kept = read(await this.deps.storage.read(keyOf(userId)));
    if (this.userId !== userId) {
      return;
    }
    this.become(kept.map((one) => ({ ...one, waiting: true })));
    for (const one of kept) {
      this.send(userId, one.key, one.body, () => false).then(outcome.made, () => undefined); // a refusal has been told
    }
  }

  // end stops trying. What is not through stays on the device, for the same user.
  end(): void {
    this.userId = null;
    this.outcome = null;
    this.become([]);
    this.wake();
  }

  // submit sends a booking, for as long as it takes. It fails where the server refuses it, or where it was discarded.
  // watched says whether somebody still looks at the form. A refusal that nobody sees is told, and what was entered is kept.
  async submit(body: NewBooking, watched: () => boolean = () => true): Promise<Booking> {
    const userId = this.userId;
    if (userId === null) {
      throw new Error('nobody is signed in');
    }
    const key = newId();
    this.become([...this.all, { key, body, waiting: false }]);
    await this.keep(userId);
    return this.send(userId, key, body, watched);
  }

  // discard gives up on one.
  discard(key: string): void {
    this.become(this.all.filter((one) => one.key !== key));
    if (this.userId !== null) {
      void this.keep(this.userId);
    }
    this.wake();
  }

  // wake tries again at once what waits: the line is back.
  wake(): void {
    this.wakers.forEach((wake) => wake());
  }

  get list(): readonly Submission[] {
    return this.all;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private async send(userId: string, key: string, body: NewBooking, watched: () => boolean): Promise<Booking> {
    for (let tries = 0; ; tries++) {
      if (this.userId !== userId || !this.all.some((one) => one.key === key)) {
        throw new Discarded();
      }
      try {
        const { booking } = await this.deps.api.createBooking(body, key);
        await this.drop(userId, key);
        return booking;
      } catch (error) {
        // A token that is refused says nothing about the booking: it waits for the next sign-in.
        if (!isPassing(error) && !isRefusedToken(error)) {
          await this.refuse(userId, key, error, watched());
          throw error;
        }
      }
      this.change(key, { waiting: true });
      await this.pause(this.retryDelays[Math.min(tries, this.retryDelays.length - 1)] ?? 0);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.wakers.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.wakers.add(go);
    });
  }

  // refuse gives a booking back: to its form, or to a place where it can be put right.
  private async refuse(userId: string, key: string, error: unknown, seen: boolean): Promise<void> {
    const refused = this.all.find((one) => one.key === key);
    if (seen || this.userId !== userId || refused === undefined || !(error instanceof ApiError)) {
      await this.drop(userId, key);
      return;
    }
    this.change(key, { waiting: false, refusal: error });
    this.outcome?.refused(refused.body, error);
  }

  private change(key: string, change: Partial<Submission>): void {
    this.become(this.all.map((one) => (one.key === key ? { ...one, ...change } : one)));
  }

  private async drop(userId: string, key: string): Promise<void> {
    if (this.userId === userId) {
      this.become(this.all.filter((one) => one.key !== key));
      await this.keep(userId);
    }
  }

  private async keep(userId: string): Promise<void> {
    const kept = this.all.map(({ key, body }) => ({ key, body }));
    await (kept.length === 0 ? this.deps.storage.clear(keyOf(userId)) : this.deps.storage.write(keyOf(userId), JSON.stringify(kept)));
  }

  private become(all: readonly Submission[]): void {
    this.all = all;
    this.listeners.forEach((listener) => listener());
  }
}

// Discarded ends a submission that somebody gave up on.
export class Discarded extends Error {
  constructor() {
    super('discarded');
    this.name = 'Discarded';
  }
}

// read makes the best of what is on the device: nobody is kept from the app by a broken note.
function read(text: string | null): { key: string; body: NewBooking }[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.key === 'string' && typeof one?.body === 'object') : [];
  } catch {
    return [];
  }
}
