import type { Account, Booking, BookingsAnswer, Entry, Notification, Overview, Role, User } from '../../src/api/contract';

export const at = (minute: number) => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;

export const users: Record<Role, User> = {
  customer: { id: 'u-customer', name: 'Meera Nair', email: 'meera@example.com', phone: '555 0100', role: 'customer' },
  staff: { id: 'u-staff', name: 'Vikram Rao', email: 'vikram@example.com', role: 'staff' },
  admin: { id: 'u-admin', name: 'Anita Kapoor', email: 'anita@example.com', role: 'admin' },
};

export const accountOf = (user: User, change: Partial<Account> = {}): Account => ({ ...user, active: true, createdAt: at(0), updatedAt: at(0), ...change });

export function sample(n: number, change: Partial<Booking> = {}): Booking {
  return {
    _id: `b${n}`, code: `CODE0${n}`, customerName: 'Meera Nair', contactNumber: '+91 555 0100', address: '12 Hill Road', brand: 'Sony', model: `Bravia ${n}`,
    status: 'Pending', createdBy: users.customer.id, version: 1, createdAt: at(n), updatedAt: at(n), updates: [], ...change,
  };
}

export const entry = (id: string, minute: number, change: Partial<Entry> = {}): Entry => ({
  _id: id, kind: 'message', message: `text of ${id}`, timestamp: at(minute), updatedBy: users.staff.id, updatedByName: users.staff.name, readBy: [], ...change,
});

export function pageOf(rows: Booking[], nextCursor?: string): BookingsAnswer {
  const data = rows.map(({ updates: _, ...row }) => row);
  return { success: true, count: rows.length, data, totalCount: rows.length, totalPages: 1, currentPage: 1, nextCursor };
}

export const peopleOf = (data: Account[]) => ({ success: true, count: data.length, data, totalCount: data.length, totalPages: 1, currentPage: 1 });

export const overview: Overview = {
  totalBookings: 41, pending: 7, scheduled: 11, completed: 19, cancelled: 4, completionRate: 46.3, avgBookingsPerDay: 1.4,
  bookingsByBrand: [{ brand: 'Sony', count: 23 }], monthlyTrend: [{ month: 'Nov', year: 2026, count: 41 }],
  bookingsByModel: [{ brand: 'Sony', model: 'Bravia 1', count: 12 }], recentBookings: [],
};

export const notification = (n: number, change: Partial<Notification> = {}): Notification => ({
  _id: `n${n}`, bookingId: `b${n}`, code: `CODE0${n}`, brand: 'Sony', model: `Bravia ${n}`, kind: 'message', message: `note ${n}`,
  timestamp: at(n), updatedBy: users.staff.id, updatedByName: users.staff.name, read: false, ...change,
});
