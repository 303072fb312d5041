// What events leave open is loaded again: a booking at a time when little happens, the heads of lists when much does. At
// most one round runs at a time, and rounds keep a distance, whatever the number of events.

import type { QueryClient } from '@tanstack/react-query';

import type { Api, BookingFilter } from '../../api/endpoints';
import { keys, type Scope } from '../keys';
import { mergeHead, type BookingPages } from '../reducers/list';
import type { Latest } from '../reducers/latest';
import { keepBooking } from './keepBooking';

export interface RefresherOptions {
  // From the first wish to the first round, and between two rounds, in milliseconds.
  delay: number;
  distance: number;
  // How many bookings are loaded one by one in a round.
  few: number;
}

const defaults: RefresherOptions = { delay: 50, distance: 1_000, few: 6 };

// headSize is how many bookings the head of a list has when it is loaded again: enough to reach down to known ones.
const headSize = 100;

interface Deps {
  api: Api;
  queryClient: QueryClient;
  latest: Latest;
}

export class Refresher {
  private readonly options: RefresherOptions;
  private bookings = new Set<string>();
  private stale = new Map<string, readonly unknown[]>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private lastRound = -Infinity;
  private stopped = false;

  constructor(
    private readonly deps: Deps,
    options: Partial<RefresherOptions> = {},
  ) {
    this.options = { ...defaults, ...options };
  }

  // booking wants one booking loaded again.
  booking(id: string): void {
    this.bookings.add(id);
    this.schedule();
  }

  // invalidate wants what is kept under a key loaded again.
  invalidate(key: readonly unknown[]): void {
    this.stale.set(JSON.stringify(key), key);
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
  }

  private schedule(): void {
    if (this.timer !== null || this.running || this.stopped) {
      return;
    }
    const wait = Math.max(this.options.delay, this.lastRound + this.options.distance - Date.now());
    this.timer = setTimeout(() => void this.round(), wait);
  }

  private async round(): Promise<void> {
    this.timer = null;
    this.running = true;
    this.lastRound = Date.now();
    const bookings = [...this.bookings];
    const stale = [...this.stale.values()];
    this.bookings = new Set();
    this.stale = new Map();
    const { queryClient } = this.deps;
    const work: Promise<unknown>[] = stale.map((queryKey) => queryClient.invalidateQueries({ queryKey }));
    if (bookings.length <= this.options.few) {
      work.push(...bookings.map((id) => this.load(id)));
    } else {
      work.push(this.heads(), ...bookings.map((id) => queryClient.invalidateQueries({ queryKey: keys.one(id) })));
    }
    await Promise.allSettled(work); // what could not be loaded now is loaded when the line is back
    this.running = false;
    if (this.bookings.size > 0 || this.stale.size > 0) {
      this.schedule();
    }
  }

  private async load(id: string): Promise<void> {
    const { booking } = await this.deps.api.booking(id);
    if (!this.stopped) {
      keepBooking(this.deps.queryClient, this.deps.latest, booking);
    }
  }

  // heads loads the first page of every list that is on a screen, and lets the others be loaded when they are.
  private async heads(): Promise<void> {
    const { queryClient } = this.deps;
    const all = queryClient.getQueryCache().findAll({ queryKey: keys.lists });
    await Promise.allSettled(
      all.map(async (query) => {
        const { queryKey } = query;
        if (!query.isActive()) {
          query.invalidate();
          return;
        }
        const [, , scope, filter] = queryKey as ReturnType<typeof keys.list>;
        const head = await this.head(scope, filter);
        if (!this.stopped) {
          queryClient.setQueryData<BookingPages>(queryKey, (data) => data && mergeHead(data, filter, head));
        }
      }),
    );
  }

  private head(scope: Scope, filter: BookingFilter) {
    const { api } = this.deps;
    return scope === 'own' ? api.ownBookings({ ...filter, limit: headSize }) : api.allBookings({ ...filter, limit: headSize });
  }
}
