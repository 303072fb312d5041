import { replaceEqualDeep, useQuery } from '@tanstack/react-query';

import type { Booking, User } from '../../api/contract';
import { useServices } from '../../context/ServicesContext';
import { keys } from '../keys';
import { mergeBooking } from '../reducers/booking';
import { rowsOf, type BookingPages } from '../reducers/list';

// Staff hear of messages on bookings of their own only. Where they look at another's, it is asked for.
const askEvery = 15_000;

// useBooking is one booking with its timeline. What a list knows of it shows at once.
export function useBooking(id: string, user: User) {
  const { api, queryClient, latest } = useServices();
  return useQuery<Booking>({
    queryKey: keys.one(id),
    queryFn: async ({ signal }) => (await api.booking(id, signal)).booking,
    placeholderData: () =>
      queryClient
        .getQueriesData<BookingPages>({ queryKey: keys.lists })
        .flatMap(([, data]) => rowsOf(data))
        .find((row) => row._id === id || row.code === id),
    structuralSharing: (known, answer) => {
      const now = mergeBooking(known as Booking | undefined, latest.over(answer as Booking));
      return known === undefined ? now : replaceEqualDeep(known as Booking, now);
    },
    refetchInterval: ({ state }) => (user.role === 'staff' && state.data?.assignedTo?._id !== user.id ? askEvery : false),
    staleTime: 0,
  });
}
