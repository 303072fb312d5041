// A list as it was loaded, page by page, and how it changes without being loaded again. Newest bookings first.

import type { InfiniteData } from '@tanstack/react-query';

import type { Booking, BookingsAnswer } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import { matches, stays } from './filter';

export type Cursor = string | undefined;
export type BookingPages = InfiniteData<BookingsAnswer, Cursor>;

export function rowsOf(data: BookingPages | undefined): Booking[] {
  return data?.pages.flatMap((page) => page.data) ?? [];
}

export function totalOf(data: BookingPages | undefined): { count: number; capped: boolean } {
  const first = data?.pages[0];
  return { count: first?.totalCount ?? 0, capped: first?.totalCountCapped ?? false };
}

// changeRows puts each row through change; one that becomes undefined, or is filtered out, leaves the list.
export function changeRows(data: BookingPages, filter: BookingFilter, change: (row: Booking) => Booking | undefined): BookingPages {
  let gone = 0;
  let touched = false;
  const pages = data.pages.map((page) => {
    let same = true;
    const rows: Booking[] = [];
    for (const row of page.data) {
      const after = change(row);
      same &&= after === row;
      if (after === row || (after !== undefined && stays(filter, after))) {
        rows.push(after as Booking);
      } else {
        gone++;
      }
    }
    touched ||= !same;
    return same ? page : { ...page, data: rows, count: rows.length };
  });
  return touched ? { ...data, pages: recount(pages, -gone) } : data;
}

// upsertRow puts a booking where it belongs: over an older state of itself, or among the rows by its age. Where the list
// goes on beyond what is loaded, a booking from there is left out.
export function upsertRow(data: BookingPages, filter: BookingFilter, booking: Booking): BookingPages {
  if (rowsOf(data).some((row) => row._id === booking._id)) {
    return changeRows(data, filter, (row) => (row._id === booking._id && row.version <= booking.version ? withoutTimeline(booking) : row));
  }
  if (!matches(filter, booking)) {
    return data;
  }
  const at = data.pages.findIndex((page, i) => page.data.some((row) => isNewer(booking, row)) || (i === data.pages.length - 1 && page.nextCursor === undefined));
  if (at < 0) {
    return { ...data, pages: recount(data.pages, 1) };
  }
  const pages = data.pages.map((page, i) => {
    if (i !== at) {
      return page;
    }
    const before = page.data.findIndex((row) => isNewer(booking, row));
    const index = before < 0 ? page.data.length : before;
    const rows = [...page.data.slice(0, index), withoutTimeline(booking), ...page.data.slice(index)];
    return { ...page, data: rows, count: rows.length };
  });
  return { ...data, pages: recount(pages, 1) };
}

// mergeHead joins a freshly loaded first page with what is loaded. Where it does not reach down to the rows that are there,
// something between them is unknown, and the list begins anew with that page.
export function mergeHead(data: BookingPages, filter: BookingFilter, head: BookingsAnswer): BookingPages {
  const last = head.data.at(-1);
  const first = rowsOf(data)[0];
  if (last === undefined || first === undefined || (head.nextCursor !== undefined && isNewer(last, first))) {
    return { pages: [head], pageParams: [undefined] };
  }
  const merged = head.data.reduce((list, row) => upsertRow(list, filter, row), data);
  return { ...merged, pages: merged.pages.map((page) => ({ ...page, totalCount: head.totalCount, totalCountCapped: head.totalCountCapped })) };
}

// firstPages forgets all but the first pages, so that loading a long list again costs no more than a short one.
export function firstPages(data: BookingPages, count: number): BookingPages {
  return data.pages.length <= count ? data : { pages: data.pages.slice(0, count), pageParams: data.pageParams.slice(0, count) };
}

// isNewer compares as the server sorts. Ids rise with time.
function isNewer(a: Booking, b: Booking): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt > b.createdAt : a._id > b._id;
}

function withoutTimeline(booking: Booking): Booking {
  const { updates: _, ...row } = booking;
  return row;
}

function recount(pages: BookingsAnswer[], by: number): BookingsAnswer[] {
  return by === 0 ? pages : pages.map((page) => ({ ...page, totalCount: Math.max(0, page.totalCount + by) }));
}
