// What of an event is worth interrupting somebody for.

import type { QueryClient } from '@tanstack/react-query';

import type { Booking, User } from '../../api/contract';
import type { BookingMessage, BookingStatusChanged, JobAssigned } from '../../api/events';
import { en } from '../../strings/en';
import { keys } from '../keys';
import { rowsOf, type BookingPages } from '../reducers/list';

// Alert is shown as a toast that leads to its booking.
export interface Alert {
  title: string;
  text?: string;
  bookingId: string;
}

export function statusAlert(queryClient: QueryClient, event: BookingStatusChanged): Alert {
  const what = nameOf(queryClient, event.bookingId);
  const turned = event.status !== event.oldStatus;
  const said = event.message !== `Status changed to ${event.status}` ? event.message : undefined;
  const status = en.bookings.status[event.status];
  return {
    title: turned ? en.alerts.statusChanged(what, status) : en.alerts.statusNote(what),
    text: said,
    bookingId: event.bookingId,
  };
}

export function jobAlert(event: JobAssigned): Alert {
  return {
    title: en.alerts.jobAssigned(`${event.brand} ${event.model}`),
    text: en.alerts.jobText(event.customerName, event.assignedBy),
    bookingId: event.bookingId,
  };
}

// messageAlert is undefined for what the user wrote, on this device or another.
export function messageAlert(event: BookingMessage, user: User): Alert | undefined {
  if (event.from.id === user.id) {
    return undefined;
  }
  return { title: en.alerts.message(event.from.name), text: event.message, bookingId: event.bookingId };
}

// nameOf says what is booked, where that is known.
function nameOf(queryClient: QueryClient, id: string): string {
  const known =
    queryClient.getQueryData<Booking>(keys.one(id)) ??
    queryClient
      .getQueriesData<BookingPages>({ queryKey: keys.lists })
      .flatMap(([, data]) => rowsOf(data))
      .find((row) => row._id === id);
  return known === undefined ? en.alerts.yourBooking : `${known.brand} ${known.model}`;
}
