// What of an event is worth interrupting somebody for.

import type { QueryClient } from '@tanstack/react-query';

import type { Booking, User } from '../../api/contract';
import type { Api } from '../../api/endpoints';
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

// Digest is what is shown of alerts that come together: few of them, and how many more there are.
export interface Digest {
  shown: Alert[]; // oldest first
  more: number;
}

// digest keeps the newest alert of each booking, and of these the newest.
export function digest(alerts: readonly Alert[], most = 2): Digest {
  const newest = new Map<string, Alert>();
  for (const alert of alerts) {
    newest.delete(alert.bookingId);
    newest.set(alert.bookingId, alert);
  }
  const shown = [...newest.values()].slice(-most);
  return { shown, more: alerts.length - shown.length };
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

export function messageAlert(event: BookingMessage): Alert {
  return { title: en.alerts.message(event.from.name), text: event.message, bookingId: event.bookingId };
}

// addressed returns the messages that are meant for the user. Customers and staff get no others; admins get those of every
// booking, and the server has put those that concern them among their notifications.
export async function addressed(api: Pick<Api, 'notifications'>, user: Pick<User, 'role'>, messages: BookingMessage[]): Promise<BookingMessage[]> {
  if (user.role !== 'admin') {
    return messages;
  }
  const { data } = await api.notifications({ unread: true, limit: 100 });
  const mine = new Set(data.map((notification) => notification._id));
  return messages.filter((message) => mine.has(message.messageId));
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
