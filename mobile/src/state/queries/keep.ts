import { useCallback } from 'react';

import type { Booking } from '../../api/contract';
import { useServices } from '../../context/ServicesContext';
import { keepBooking } from '../live/keepBooking';

// useKeep returns what puts a booking that the server sent everywhere it belongs.
export function useKeep(): (booking: Booking) => void {
  const { queryClient, latest } = useServices();
  return useCallback((booking) => keepBooking(queryClient, latest, booking), [queryClient, latest]);
}
