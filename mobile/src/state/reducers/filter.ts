// Which bookings belong into a list, as the server decides it.

import type { Booking, Status } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import type { BookingUpdated } from '../../api/events';

export function matches(filter: BookingFilter, booking: Booking): boolean {
  return (
    fits(filter, booking.status, booking.assignedTo?._id) &&
    (!filter.brand || booking.brand.toLowerCase() === filter.brand.toLowerCase()) &&
    within(filter, booking.createdAt) &&
    found(filter.search, booking)
  );
}

// mayMatch reports whether a booking that is not in a list may belong there after an event.
export function mayMatch(filter: BookingFilter, event: BookingUpdated): boolean {
  return fits(filter, event.status, event.assignedTo?._id);
}

// mayEnter reports whether an event can bring a booking into a list it was not in: what it changed is filtered by.
export function mayEnter(filter: BookingFilter, event: BookingUpdated): boolean {
  const turned = event.changed.includes('status') && filter.status !== undefined;
  const assigned = event.changed.includes('assignedTo') && filter.assignedTo !== undefined;
  return (turned || assigned) && mayMatch(filter, event);
}

function fits(filter: BookingFilter, status: Status, assignee: string | undefined): boolean {
  return (filter.status === undefined || filter.status === status) && (!filter.assignedTo || filter.assignedTo === assignee);
}

// within compares days as days: their end counts.
function within({ from, to }: BookingFilter, createdAt: string): boolean {
  return (!from || createdAt >= from) && (!to || createdAt.slice(0, to.length) <= to);
}

// found looks for words that begin words of what the server searches.
function found(search: string | undefined, booking: Booking): boolean {
  const wanted = words(search ?? '');
  const there = words([booking.customerName, booking.brand, booking.model, booking.code, booking.invoiceNumber ?? ''].join(' '));
  return wanted.every((word) => there.some((one) => one.startsWith(word)));
}

function words(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}
