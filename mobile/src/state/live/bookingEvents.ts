// Laying events over what is kept of bookings: their lists, the ones that were opened, and one's jobs.

import type { QueryClient } from '@tanstack/react-query';

import type { Booking } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import type { BookingMessage, BookingUpdated, MessageReadReceipt } from '../../api/events';
import { isOpen } from '../../domain/status';
import { keys } from '../keys';
import { applyUpdate, tellsAll } from '../reducers/booking';
import { mayEnter } from '../reducers/filter';
import { changeRows, rowsOf, type BookingPages } from '../reducers/list';
import { addMessage, markRead } from '../reducers/timeline';

// Wanted is what has to be loaded after events that do not tell everything.
export interface Wanted {
  bookings: Set<string>;
  jobs: boolean;
}

// layUpdates lays a batch of events over the cache, in one pass through each list, and returns what else is wanted.
export function layUpdates(queryClient: QueryClient, userId: string, events: BookingUpdated[]): Wanted {
  const wanted: Wanted = { bookings: new Set(), jobs: false };
  const newest = new Map(events.map((event) => [event.bookingId, event])); // they come in order
  const partial = new Set(events.filter((event) => !tellsAll(event)).map((event) => event.bookingId));
  const update = (booking: Booking): Booking => {
    const event = newest.get(booking._id);
    if (event === undefined) {
      return booking;
    }
    if (partial.has(booking._id)) {
      wanted.bookings.add(booking._id);
    }
    return applyUpdate(booking, event);
  };

  for (const { queryKey } of queryClient.getQueryCache().findAll({ queryKey: keys.lists })) {
    const filter = queryKey[3] as BookingFilter;
    const data = queryClient.getQueryData<BookingPages>(queryKey);
    if (data === undefined) {
      continue;
    }
    const there = new Set(rowsOf(data).map((row) => row._id));
    for (const event of events) {
      if (!there.has(event.bookingId) && mayEnter(filter, event)) {
        wanted.bookings.add(event.bookingId);
      }
    }
    queryClient.setQueryData<BookingPages>(queryKey, changeRows(data, filter, update));
  }

  for (const id of newest.keys()) {
    if (queryClient.getQueryData(keys.one(id)) !== undefined) {
      queryClient.setQueryData<Booking>(keys.one(id), (booking) => booking && update(booking));
      wanted.bookings.add(id); // for its timeline
    }
  }

  const jobs = queryClient.getQueryData<Booking[]>(keys.jobs(userId));
  if (jobs !== undefined) {
    const mine = (job: Booking) => isOpen(job.status) && job.assignedTo?._id === userId;
    const after = jobs.map(update);
    if (after.some((job, i) => job !== jobs[i])) {
      queryClient.setQueryData<Booking[]>(keys.jobs(userId), after.filter(mine));
    }
    const come = (event: BookingUpdated) =>
      isOpen(event.status) && event.assignedTo?._id === userId && !jobs.some((job) => job._id === event.bookingId);
    wanted.jobs = [...newest.values()].some((event) => come(event) || (partial.has(event.bookingId) && jobs.some((job) => job._id === event.bookingId)));
  }
  return wanted;
}

export function layMessage(queryClient: QueryClient, event: BookingMessage): void {
  queryClient.setQueryData<Booking>(keys.one(event.bookingId), (booking) => booking && addMessage(booking, event));
}

export function layReceipt(queryClient: QueryClient, event: MessageReadReceipt): void {
  queryClient.setQueryData<Booking>(keys.one(event.bookingId), (booking) => booking && markRead(booking, event));
}
