// Moments as people read them, in their own time zone.

import type { Moment } from '../api/contract';
import { en } from '../strings/en';

const day = 24 * 60 * 60 * 1000;

// dayOf names the day of a moment in the reader's time zone: 2025-01-31.
export function dayOf(moment: Moment | Date): string {
  const date = new Date(moment);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// daysBetween counts midnights from one moment to another.
function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(to) - midnight(from)) / day);
}

// dayText is "Today", "Tomorrow", "Fri 5 Dec", or with its year where that is another.
export function dayText(moment: Moment, now: Date): string {
  const date = new Date(moment);
  switch (daysBetween(now, date)) {
    case 0:
      return en.common.today;
    case 1:
      return en.common.tomorrow;
    case -1:
      return en.common.yesterday;
  }
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year });
}

export function timeText(moment: Moment): string {
  return new Date(moment).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

export function momentText(moment: Moment, now: Date): string {
  return en.date.at(dayText(moment, now), timeText(moment));
}

// agenda says where a job belongs: what is overdue or today comes first.
export type Agenda = 'overdue' | 'today' | 'upcoming' | 'undated';

export function agendaOf(preferred: Moment | undefined, now: Date): Agenda {
  if (preferred === undefined) {
    return 'undated';
  }
  const days = daysBetween(now, new Date(preferred));
  return days < 0 ? 'overdue' : days === 0 ? 'today' : 'upcoming';
}
