// How one booking changes by what the server says. Pure: what is newer is decided by the booking's version alone, and what
// changes nothing gives the same object back.

import type { Booking, Person } from '../../api/contract';
import type { BookingUpdated } from '../../api/events';
import { mergeEntries } from './timeline';

// The fields that bookingUpdated has with it. Of any other changed field it names only that it changed.
const carried = new Set(['status', 'assignedTo', 'customerName', 'brand', 'model']);

// tellsAll reports whether an event says all there is to know for a list's row. Timelines are not in rows.
export function tellsAll(event: BookingUpdated): boolean {
  return event.changed.every((field) => carried.has(field) || field === 'updates');
}

// applyUpdate returns the booking after an event; the booking itself when the event is older.
export function applyUpdate(booking: Booking, event: BookingUpdated): Booking {
  if (event.bookingId !== booking._id || event.version <= booking.version) {
    return booking;
  }
  const { assignedTo, ...rest } = booking;
  return {
    ...rest,
    customerName: event.customerName,
    brand: event.brand,
    model: event.model,
    status: event.status,
    updatedAt: event.updatedAt,
    version: event.version,
    ...(event.assignedTo === undefined ? {} : { assignedTo: person(assignedTo, event.assignedTo) }),
  };
}

// person keeps what is known of somebody; the event has no more than a name.
function person(known: Person | undefined, tag: { _id: string; name: string }): Person {
  return known?._id === tag._id ? { ...known, name: tag.name } : { ...tag, email: '', phone: '' };
}

// mergeBooking returns the newer of two states of a booking, with every entry that either of them knows.
export function mergeBooking(known: Booking | undefined, answer: Booking): Booking {
  if (known === undefined || known._id !== answer._id) {
    return answer;
  }
  const newer = known.version > answer.version ? known : answer;
  const updates = mergeEntries(known.updates, answer.updates);
  return updates === newer.updates ? newer : { ...newer, updates };
}

// sameTerms reports whether two states of a booking differ in nothing that somebody decides by; in messages they may.
export function sameTerms(a: Booking, b: Booking): boolean {
  return (
    a.status === b.status &&
    a.assignedTo?._id === b.assignedTo?._id &&
    a.preferredDateTime === b.preferredDateTime &&
    a.address === b.address &&
    a.contactNumber === b.contactNumber &&
    a.email === b.email &&
    a.invoiceNumber === b.invoiceNumber
  );
}
