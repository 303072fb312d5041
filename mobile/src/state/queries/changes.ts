// What people do to a booking. Each change puts the server's answer everywhere the booking is shown; the event that
// announces it finds nothing left to do.

import { useMutation } from '@tanstack/react-query';

import type { Booking, Edit, StatusChange } from '../../api/contract';
import { ApiError } from '../../api/error';
import { useServices } from '../../context/ServicesContext';
import { useKeep } from './keep';

export type Change = { kind: 'status'; body: StatusChange } | { kind: 'edit'; body: Edit };

// useChangeBooking changes a booking. A change that was made from an old state fails with "conflict", and what is shown is
// the present one.
export function useChangeBooking(id: string) {
  const { api } = useServices();
  const keep = useKeep();
  return useMutation<Booking, Error, Change>({
    mutationFn: async ({ kind, body }) =>
      (await (kind === 'status' ? api.changeStatus(id, body as StatusChange) : api.editBooking(id, body as Edit))).booking,
    onSuccess: keep,
    onError: (error) => {
      if (error instanceof ApiError && error.booking !== undefined) {
        keep(error.booking);
      }
    },
  });
}
