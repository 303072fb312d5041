import type { Role } from '../api/contract';
import type { BookingFilter } from '../api/endpoints';

// Scope is whose bookings a list holds: one's own, or all that the desk has.
export type Scope = 'own' | 'all';

export interface PeopleFilter {
  role?: Role;
  search?: string;
}

// keys are the names under which answers are kept.
export const keys = {
  lists: ['bookings', 'list'] as const,
  list: (scope: Scope, filter: BookingFilter) => ['bookings', 'list', scope, filter] as const,
  ones: ['bookings', 'one'] as const,
  one: (id: string) => ['bookings', 'one', id] as const,
  jobs: (user: string) => ['bookings', 'jobs', user] as const,
  create: ['bookings', 'create'] as const,
  send: (id: string) => ['bookings', 'send', id] as const,
  notifications: ['notifications'] as const,
  stats: ['stats'] as const,
  overview: ['stats', 'overview'] as const,
  daily: ['stats', 'daily'] as const,
  people: ['people'] as const,
  peopleList: (filter: PeopleFilter) => ['people', 'list', filter] as const,
  person: (id: string) => ['people', 'one', id] as const,
  assignable: ['people', 'assignable'] as const,
  presence: ['presence'] as const,
  typings: ['typing'] as const,
  typing: (id: string) => ['typing', id] as const,
};
