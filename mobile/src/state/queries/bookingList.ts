import { replaceEqualDeep, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import type { BookingsAnswer } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import { useServices } from '../../context/ServicesContext';
import { keys, type Scope } from '../keys';
import { changeRows, rowsOf, totalOf, type BookingPages, type Cursor } from '../reducers/list';
import type { Latest } from '../reducers/latest';

const pageSize = 30;

// useBookingList is a list that grows as it is scrolled and changes as the desk does.
export function useBookingList(scope: Scope, filter: BookingFilter) {
  const { api, latest } = useServices();
  const query = useInfiniteQuery<BookingsAnswer, Error, BookingPages, ReturnType<typeof keys.list>, Cursor>({
    queryKey: keys.list(scope, filter),
    queryFn: ({ pageParam, signal }) => {
      const page = { ...filter, cursor: pageParam, limit: pageSize };
      return scope === 'own' ? api.ownBookings(page, signal) : api.allBookings(page, signal);
    },
    initialPageParam: undefined,
    getNextPageParam: (page) => page.nextCursor,
    structuralSharing: (known, answer) => settle(latest, filter, known, answer),
  });
  const rows = useMemo(() => rowsOf(query.data), [query.data]);
  return { ...query, rows, total: totalOf(query.data) };
}

// settle lays what events have said since over an answer, and keeps every row that is the same.
export function settle(latest: Latest, filter: BookingFilter, known: unknown, answer: unknown): BookingPages {
  const now = changeRows(answer as BookingPages, filter, (row) => latest.over(row));
  return known === undefined ? now : replaceEqualDeep(known as BookingPages, now);
}
