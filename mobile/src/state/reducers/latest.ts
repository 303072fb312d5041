// What events have said last of each booking. An answer that left the server before such an event and arrives after it is
// laid under it, so that a list never shows what was true a moment ago.

import type { Booking } from '../../api/contract';
import type { BookingUpdated } from '../../api/events';
import { applyUpdate } from './booking';

export class Latest {
  private readonly events = new Map<string, BookingUpdated>();

  constructor(private readonly limit = 2_000) {}

  note(event: BookingUpdated): void {
    const known = this.events.get(event.bookingId);
    if (known !== undefined && known.version >= event.version) {
      return;
    }
    this.events.delete(event.bookingId); // to the end: the one longest unchanged leaves first
    this.events.set(event.bookingId, event);
    if (this.events.size > this.limit) {
      for (const oldest of this.events.keys()) {
        this.events.delete(oldest);
        break;
      }
    }
  }

  // over returns a booking of an answer as it is by now.
  over(booking: Booking): Booking {
    const event = this.events.get(booking._id);
    return event === undefined ? booking : applyUpdate(booking, event);
  }

  clear(): void {
    this.events.clear();
  }
}
