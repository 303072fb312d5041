import type { Client } from './client';
import type * as c from './contract';

export type BookingSort = 'createdAt' | 'updatedAt' | 'preferredDateTime';

// BookingFilter chooses bookings. Only staff and admins may use more than status and search.
export interface BookingFilter {
  status?: c.Status;
  search?: string;
  assignedTo?: string;
  brand?: string;
  from?: string; // a day or a moment
  to?: string;
}

export interface PageRequest {
  cursor?: string;
  limit?: number;
}

export interface Ordered {
  sort?: BookingSort;
  order?: 'asc' | 'desc';
}

export type Api = ReturnType<typeof createApi>;

// createApi names every call the app makes.
export function createApi(client: Client) {
  const { json } = client;
  const at = (id: string) => `/bookings/${encodeURIComponent(id)}`;
  return {
    client,

    register: (body: c.Registration) => json<c.SignedInAnswer>('POST', '/auth/register', { body }),
    login: (body: c.Credentials) => json<c.SignedInAnswer>('POST', '/auth/login', { body }),
    me: (token: string) => json<c.UserAnswer>('GET', '/auth/me', { token }),
    updateProfile: (body: c.Profile) => json<c.UserAnswer>('PUT', '/auth/profile', { body }),
    changePassword: (body: c.PasswordChange) => json<c.SignedInAnswer>('POST', '/auth/change-password', { body }),
    logout: (token: string) => json<c.MessageAnswer>('POST', '/auth/logout', { token }),

    createBooking: (body: c.NewBooking, key: string) =>
      json<c.BookingAnswer>('POST', '/bookings', { body, headers: { 'Idempotency-Key': key } }),
    ownBookings: (query: Pick<BookingFilter, 'status' | 'search'> & PageRequest, signal?: AbortSignal) =>
      json<c.BookingsAnswer>('GET', '/bookings/user', { query: { ...query }, signal }),
    allBookings: (query: BookingFilter & PageRequest & Ordered, signal?: AbortSignal) =>
      json<c.BookingsAnswer>('GET', '/bookings', { query: { ...query }, signal }),
    exportBookings: (query: BookingFilter) => client.blob('/bookings/export.csv', { query: { ...query } }),
    booking: (id: string, signal?: AbortSignal) => json<c.BookingAnswer>('GET', at(id), { signal }),
    changeStatus: (id: string, body: c.StatusChange) => json<c.BookingAnswer>('PATCH', `${at(id)}/status`, { body }),
    editBooking: (id: string, body: c.Edit) => json<c.BookingAnswer>('PATCH', at(id), { body }),
    addMessage: (id: string, body: c.NewMessage) => json<c.EntryAnswer>('POST', `${at(id)}/messages`, { body }),

    notifications: (query: { after?: string; unread?: boolean; limit?: number }, signal?: AbortSignal) =>
      json<c.NotificationsAnswer>('GET', '/notifications', { query, signal }),
    overview: (signal?: AbortSignal) => json<c.OverviewAnswer>('GET', '/stats/overview', { signal }),
    daily: (signal?: AbortSignal) => json<c.DailyAnswer>('GET', '/stats/daily', { signal }),

    users: (query: { role?: c.Role; active?: boolean; search?: string; skip?: number; limit?: number }, signal?: AbortSignal) =>
      json<c.AccountsAnswer>('GET', '/users', { query, signal }),
    user: (id: string, signal?: AbortSignal) => json<c.AccountAnswer>('GET', `/users/${encodeURIComponent(id)}`, { signal }),
    createStaff: (body: c.NewStaff) => json<c.AccountAnswer>('POST', '/users', { body }),
    changeUser: (id: string, body: c.UserChange) => json<c.AccountAnswer>('PATCH', `/users/${encodeURIComponent(id)}`, { body }),
  };
}
