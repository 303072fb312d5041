// Bookings on their way to the server. Each is kept on the device under its idempotency key until the server has answered,
// so that a lost connection, a closed page or a second press never makes two of one, or none.

import type { Booking, NewBooking } from '../api/contract';
import type { Api } from '../api/endpoints';
import { ApiError } from '../api/error';
import { newId } from '../domain/id';
import type { storage } from './storage';

export interface Submission {
  key: string;
  body: NewBooking;
  // waiting says that the server could not be reached, and that it is tried again.
  waiting: boolean;
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
  private all: readonly Submission[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly wakers = new Set<() => void>();
  private readonly retryDelays: number[];

  constructor(private readonly deps: Deps) {
    this.retryDelays = deps.retryDelays ?? [1_000, 2_000, 5_000, 10_000];
  }

  // begin takes up what a user had not got through. done is told of every booking that is made.
  async begin(userId: string, done: (booking: Booking) => void): Promise<void> {
    this.userId = userId;
    this.become([]);
    const kept = read(await this.deps.storage.read(keyOf(userId)));
    if (this.userId !== userId) {
      return;
    }
    this.become(kept.map((one) => ({ ...one, waiting: true })));
    for (const one of kept) {
      this.send(userId, one.key, one.body).then(done, () => undefined); // refused by now: it was told when it was made
    }
  }

  // end stops trying. What is not through stays on the device, for the same user.
  end(): void {
    this.userId = null;
    this.become([]);
    this.wake();
  }

  // submit sends a booking, for as long as it takes. It fails where the server refuses it, or where it was discarded.
  async submit(body: NewBooking): Promise<Booking> {
    const userId = this.userId;
    if (userId === null) {
      throw new Error('nobody is signed in');
    }
    const key = newId();
    this.become([...this.all, { key, body, waiting: false }]);
    await this.keep(userId);
    return this.send(userId, key, body);
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

  private async send(userId: string, key: string, body: NewBooking): Promise<Booking> {
    for (let tries = 0; ; tries++) {
      if (this.userId !== userId || !this.all.some((one) => one.key === key)) {
        throw new Discarded();
      }
      try {
        const { booking } = await this.deps.api.createBooking(body, key);
        await this.drop(userId, key);
        return booking;
      } catch (error) {
        if (!(error instanceof ApiError && error.passing)) {
          await this.drop(userId, key);
          throw error;
        }
      }
      this.become(this.all.map((one) => (one.key === key ? { ...one, waiting: true } : one)));
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
