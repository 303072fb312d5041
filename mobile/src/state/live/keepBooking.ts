import type { QueryClient } from '@tanstack/react-query';

import type { Booking } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import { keys } from '../keys';
import { mergeBooking } from '../reducers/booking';
import { isOpenQuestion } from '../reducers/filter';
import { firstPages, rowsOf, upsertRow, type BookingPages } from '../reducers/list';
import type { Latest } from '../reducers/latest';

// keepBooking puts a booking that the server sent everywhere it belongs: in its own place, if it was opened, and in every
// list that is loaded and whose filter it fits.
export function keepBooking(queryClient: QueryClient, latest: Latest, answer: Booking): void {
  const booking = latest.over(answer);
  if (queryClient.getQueryData(keys.one(booking._id)) !== undefined) {
    queryClient.setQueryData<Booking>(keys.one(booking._id), (known) => mergeBooking(known, booking));
  }
  for (const { queryKey } of queryClient.getQueryCache().findAll({ queryKey: keys.lists })) {
    const filter = queryKey[3] as BookingFilter;
    const data = queryClient.getQueryData<BookingPages>(queryKey);
    if (data !== undefined && isOpenQuestion(filter, booking) && !rowsOf(data).some((row) => row._id === booking._id)) {
      queryClient.setQueryData<BookingPages>(queryKey, firstPages(data, 1)); // a list is loaded again by its pages
      void queryClient.invalidateQueries({ queryKey, exact: true });
    } else {
      queryClient.setQueryData<BookingPages>(queryKey, (now) => now && upsertRow(now, filter, booking));
    }
  }
}
