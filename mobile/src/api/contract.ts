// What the server's REST API takes and gives. test/contract.test.ts compares every interface with the schema of the same
// name in the server's OpenAPI document, so that neither side can change alone.

export type Status = 'Pending' | 'Scheduled' | 'Completed' | 'Cancelled';
export type Role = 'customer' | 'staff' | 'admin';
export type EntryKind = 'status' | 'message' | 'assignment' | 'edit';

// A moment in UTC, RFC 3339 with milliseconds.
export type Moment = string;

export interface User {
  id: string;
  name: string;
  email: string;
  phone?: string;
  role: Role;
}

// A user as admins see it; staff see those that bookings can be assigned to.
export interface Account extends User {
  active: boolean;
  createdAt: Moment;
  updatedAt: Moment;
}

export interface Person {
  _id: string;
  name: string;
  email: string;
  phone: string;
}

export interface Receipt {
  userId: string;
  readAt: Moment;
}

// An entry of a booking's timeline.
export interface Entry {
  _id: string;
  kind: EntryKind;
  message: string;
  status?: Status;
  oldStatus?: Status;
  timestamp: Moment;
  updatedBy: string;
  updatedByName: string;
  readBy: Receipt[];
  clientId?: string;
}

export interface Booking {
  _id: string;
  code: string;
  customerName: string;
  email?: string;
  contactNumber: string;
  address: string;
  brand: string;
  model: string;
  invoiceNumber?: string;
  preferredDateTime?: Moment;
  status: Status;
  assignedTo?: Person;
  createdBy: string;
  updates?: Entry[]; // lists leave it out
  version: number;
  createdAt: Moment;
  updatedAt: Moment;
}

export interface Notification {
  _id: string; // that of the timeline's entry
  bookingId: string;
  code: string;
  brand: string;
  model: string;
  kind: EntryKind;
  message: string;
  status?: Status;
  oldStatus?: Status;
  timestamp: Moment;
  updatedBy: string;
  updatedByName: string;
  read: boolean;
}

export interface BrandCount {
  brand: string;
  count: number;
}

export interface ModelCount {
  brand: string;
  model: string;
  count: number;
}

export interface MonthCount {
  month: string;
  year: number;
  count: number;
}

export interface Overview {
  totalBookings: number;
  pending: number;
  scheduled: number;
  completed: number;
  cancelled: number;
  completionRate: number;
  avgBookingsPerDay: number;
  bookingsByBrand: BrandCount[];
  monthlyTrend: MonthCount[];
  bookingsByModel: ModelCount[];
  recentBookings: Booking[];
}

export interface DayCount {
  date: string;
  count: number;
  pending: number;
  scheduled: number;
  completed: number;
  cancelled: number;
}

// Answers

export interface SignedInAnswer {
  success: boolean;
  message: string;
  token: string;
  user: User;
}

export interface UserAnswer {
  success: boolean;
  user: User;
}

export interface AccountAnswer {
  success: boolean;
  user: Account;
}

export interface MessageAnswer {
  success: boolean;
  message: string;
}

export interface BookingAnswer {
  success: boolean;
  booking: Booking;
}

export interface EntryAnswer {
  success: boolean;
  message: Entry;
}

export interface BookingsAnswer {
  success: boolean;
  count: number;
  data: Booking[];
  totalCount: number;
  totalCountCapped?: boolean;
  totalPages: number;
  currentPage: number;
  nextCursor?: string;
}

export interface AccountsAnswer {
  success: boolean;
  count: number;
  data: Account[];
  totalCount: number;
  totalCountCapped?: boolean;
  totalPages: number;
  currentPage: number;
  nextCursor?: string;
}

export interface NotificationsAnswer {
  success: boolean;
  data: Notification[];
  unread: number;
  nextCursor?: string;
}

export interface OverviewAnswer {
  success: boolean;
  data: Overview;
}

export interface DailyAnswer {
  success: boolean;
  data: DayCount[];
}

export interface Failure {
  success: boolean;
  message: string;
  code: string;
  requestId: string;
  fields?: Record<string, string>;
  booking?: Booking;
}

// Requests

export interface Credentials {
  email: string;
  password: string;
}

export interface Registration {
  name: string;
  email: string;
  password: string;
  phone?: string;
}

export interface Profile {
  name?: string;
  email?: string;
  phone?: string | null;
}

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

export interface NewBooking {
  name: string;
  phone: string;
  address: string;
  brand: string;
  model: string;
  invoiceNo?: string;
  preferredAt?: Moment | null;
  email?: string;
}

export interface Edit {
  address?: string;
  phone?: string;
  email?: string | null;
  invoiceNo?: string | null;
  preferredAt?: Moment | null;
  version?: number;
}

export interface StatusChange {
  status?: Status;
  message?: string;
  assignedTo?: string | null;
  version?: number;
}

export interface NewMessage {
  message: string;
  clientId?: string;
}

export interface NewStaff {
  name: string;
  email: string;
  password: string;
  phone?: string;
  role: 'staff' | 'admin';
}

export interface UserChange {
  name?: string;
  email?: string;
  phone?: string | null;
  password?: string;
  role?: Role;
  active?: boolean;
}
