// The Socket.IO events between app and server. test/events.test.ts compares what a real server sends with these interfaces.

import type { Entry, Moment, Overview, Role, Status } from './contract';

// Stored events have an id, which stays the same if one is ever sent again. Volatile ones have none.
interface Stored {
  eventId: string;
  bookingId: string;
}

export interface BookingCreated extends Stored {
  customerName: string;
  brand: string;
  model: string;
  status: Status;
  createdAt: Moment;
  version: number;
}

export interface NameTag {
  _id: string;
  name: string;
}

export interface BookingUpdated extends Stored {
  customerName: string;
  brand: string;
  model: string;
  status: Status;
  oldStatus: Status;
  assignedTo?: NameTag;
  updatedAt: Moment;
  version: number;
  changed: string[]; // names of a Booking's fields
}

export interface BookingStatusChanged extends Stored {
  status: Status;
  oldStatus: Status;
  message: string;
  messageId: string;
  version: number;
}

export interface JobAssigned extends Stored {
  customerName: string;
  brand: string;
  model: string;
  address: string;
  preferredDateTime?: Moment;
  assignedBy: string; // a name
}

export interface Sender {
  id: string;
  name: string;
  role: Role;
}

export interface BookingMessage extends Stored {
  messageId: string;
  message: string;
  from: Sender;
  createdAt: Moment;
}

export interface MessageReadReceipt extends Stored {
  messageId: string;
  readBy: string; // a user's id
  readAt: Moment;
}

export interface UserTyping {
  bookingId: string;
  userId: string;
  isTyping: boolean;
}

export interface UserPresence {
  userId: string;
  at: Moment;
}

export type StatsUpdated = Overview;

// ServerEvents are the payloads by the names of the events.
export interface ServerEvents {
  bookingCreated: BookingCreated;
  newBooking: BookingCreated;
  bookingUpdated: BookingUpdated;
  bookingStatusChanged: BookingStatusChanged;
  jobAssigned: JobAssigned;
  bookingMessage: BookingMessage;
  messageReadReceipt: MessageReadReceipt;
  userTyping: UserTyping;
  userOnline: UserPresence;
  userOffline: UserPresence;
  statsUpdated: StatsUpdated;
}

export type ServerEvent = keyof ServerEvents;

// ClientEvents are the arguments by the names of the events.
export interface ClientEvents {
  join: string;
  leave: string;
  typing: { bookingId: string; isTyping?: boolean };
  messageRead: { bookingId: string; messageId: string };
  sendMessage: { bookingId: string; message: string; clientId?: string };
  presence: undefined;
}

export type ClientEvent = keyof ClientEvents;

// Ack is what the server answers to every client event: with what sendMessage wrote, the room that was joined or left, and
// who is online where presence was asked for.
export type Ack = { ok: true; message?: Entry; room?: string; online?: string[] } | { ok: false; code: string; message: string };
