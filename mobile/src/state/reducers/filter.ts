// Which bookings belong into a list, as the server decides it.

import type { Booking, Status } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import type { BookingUpdated } from '../../api/events';

// matches reports whether a booking belongs into a list, as far as can be told here.
export function matches(filter: BookingFilter, booking: Booking): boolean {
  return stays(filter, booking) && within(filter, booking.createdAt) !== false;
}

// stays reports whether a booking that is in a list still belongs there. When it was made does not change.
export function stays(filter: BookingFilter, booking: Booking): boolean {
  return (
    fits(filter, booking.status, booking.assignedTo?._id) &&
    (!filter.brand || booking.brand.toLowerCase() === filter.brand.toLowerCase()) &&
    found(filter.search, booking)
  );
}

// isOpenQuestion reports whether only the server knows if a booking was made on the days that a list shows.
export function isOpenQuestion(filter: BookingFilter, booking: Booking): boolean {
  return stays(filter, booking) && within(filter, booking.createdAt) === undefined;
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

const hour = 60 * 60 * 1_000;

// A day begins between 14 hours before and 12 hours after it does in UTC, by the desk's time zone.
const [east, west] = [14 * hour, 12 * hour];

// within is undefined where it depends on the desk's time zone, which the app does not know. The end of a day counts.
function within({ from, to }: BookingFilter, createdAt: string): boolean | undefined {
  const at = Date.parse(createdAt);
  const since = from ? isAfter(at, Date.parse(from), from) : true;
  const until = to ? not(isAfter(at, Date.parse(to) + (isDay(to) ? 24 * hour : 0), to)) : true;
  return since === false || until === false ? false : since === undefined || until === undefined ? undefined : true;
}

function isAfter(at: number, bound: number, text: string): boolean | undefined {
  if (!isDay(text)) {
    return at >= bound;
  }
  return at >= bound + west ? true : at < bound - east ? false : undefined;
}

const not = (known: boolean | undefined) => known === undefined ? undefined : !known;

const isDay = (text: string) => text.length === 10;

// found looks for words that begin words of what the server searches.
function found(search: string | undefined, booking: Booking): boolean {
  const wanted = words(search ?? '');
  const there = words([booking.customerName, booking.brand, booking.model, booking.code, booking.invoiceNumber ?? ''].join(' '));
  return wanted.every((word) => there.some((one) => one.startsWith(word)));
}

function words(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== '');
}
