// How a timeline grows. Entries are never taken back and receipts neither, so two states of a timeline are always joined.

import type { Booking, Entry, Receipt } from '../../api/contract';
import type { BookingMessage, BookingStatusChanged, MessageReadReceipt } from '../../api/events';

export function mergeEntries(a: Entry[] | undefined, b: Entry[] | undefined): Entry[] | undefined {
  if (a === undefined || b === undefined || a === b) {
    return b ?? a;
  }
  const joined = new Map(a.map((entry) => [entry._id, entry]));
  for (const entry of b) {
    const known = joined.get(entry._id);
    joined.set(entry._id, known === undefined ? entry : { ...known, ...entry, readBy: mergeReceipts(known.readBy, entry.readBy) });
  }
  return [...joined.values()].sort(inOrder);
}

function mergeReceipts(a: Receipt[], b: Receipt[]): Receipt[] {
  const more = a.filter((receipt) => !b.some((other) => other.userId === receipt.userId));
  return more.length === 0 ? b : [...b, ...more];
}

// inOrder sorts entries by time, those of one millisecond by id.
function inOrder(a: Entry, b: Entry): number {
  if (a.timestamp !== b.timestamp) {
    return a.timestamp < b.timestamp ? -1 : 1;
  }
  return a._id < b._id ? -1 : Number(a._id > b._id);
}

// addEntry adds an entry to a booking whose timeline is loaded.
export function addEntry(booking: Booking, entry: Entry): Booking {
  if (booking.updates === undefined || booking.updates.some((known) => known._id === entry._id)) {
    return booking;
  }
  return {
    ...booking,
    updates: [...booking.updates, entry].sort(inOrder),
    updatedAt: booking.updatedAt > entry.timestamp ? booking.updatedAt : entry.timestamp,
  };
}

export function addMessage(booking: Booking, event: BookingMessage): Booking {
  if (event.bookingId !== booking._id) {
    return booking;
  }
  return addEntry(booking, {
    _id: event.messageId,
    kind: 'message',
    message: event.message,
    timestamp: event.createdAt,
    updatedBy: event.from.id,
    updatedByName: event.from.name,
    readBy: [],
  });
}

export function markRead(booking: Booking, event: Pick<MessageReadReceipt, 'messageId' | 'readBy' | 'readAt'>): Booking {
  const entry = booking.updates?.find((one) => one._id === event.messageId);
  if (entry === undefined || entry.readBy.some((receipt) => receipt.userId === event.readBy)) {
    return booking;
  }
  const read = { ...entry, readBy: [...entry.readBy, { userId: event.readBy, readAt: event.readAt }] };
  return { ...booking, updates: booking.updates?.map((one) => (one === entry ? read : one)) };
}

// knows reports whether a status event's entry is in the timeline already.
export function knows(booking: Booking, event: BookingStatusChanged): boolean {
  return booking.updates?.some((entry) => entry._id === event.messageId) ?? false;
}
