// What may become of a booking, as the server decides it (booking/status.go and booking/permission.go). The app only hides
// what would be refused; test/domain.test.ts asks the server whether the two agree.

import type { Booking, Role, Status } from '../api/contract';

export const statuses: readonly Status[] = ['Pending', 'Scheduled', 'Completed', 'Cancelled'];

const leadsTo: Record<Status, readonly Status[]> = {
  Pending: ['Scheduled', 'Completed', 'Cancelled'],
  Scheduled: ['Pending', 'Completed', 'Cancelled'],
  Completed: [],
  Cancelled: ['Pending'],
};

export function isOpen(status: Status): boolean {
  return status === 'Pending' || status === 'Scheduled';
}

export function works(role: Role): boolean {
  return role === 'staff' || role === 'admin';
}

// nextStatuses returns what somebody of a role may set a booking to.
export function nextStatuses(role: Role, status: Status): readonly Status[] {
  switch (role) {
    case 'admin':
      return leadsTo[status];
    case 'staff':
      return status === 'Cancelled' ? [] : leadsTo[status];
    default:
      return leadsTo[status].includes('Cancelled') ? ['Cancelled'] : [];
  }
}

export function mayCancel(role: Role, booking: Booking): boolean {
  return nextStatuses(role, booking.status).includes('Cancelled');
}

// mayEdit says whether contact details may be changed; mayReschedule, whether the preferred time.
export function mayEdit(role: Role, booking: Booking): boolean {
  return works(role) || booking.status === 'Pending';
}

export function mayReschedule(role: Role, booking: Booking): boolean {
  return mayEdit(role, booking) && isOpen(booking.status);
}

export function mayAssign(role: Role, booking: Booking): boolean {
  return works(role) && isOpen(booking.status);
}
