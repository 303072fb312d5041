// What people do to a booking. Each change puts the server's answer everywhere the booking is shown; the event that
// announces it finds nothing left to do.

import { useMutation } from '@tanstack/react-query';

import type { Booking, Edit, StatusChange } from '../../api/contract';
import { ApiError } from '../../api/error';
import { useServices } from '../../context/ServicesContext';
import { sameTerms } from '../reducers/booking';
import { useKeep } from './keep';

export type Change = { kind: 'status'; body: StatusChange } | { kind: 'edit'; body: Edit };

// A booking whose messages come faster than this many tries is not changed for now.
const tries = 3;

// useChangeBooking changes a booking as it is shown. A change that was made from an old state fails with "conflict", and what
// is shown is the present one. Messages raise a booking's version too; they are no reason to ask anybody again.
export function useChangeBooking(shown: Booking) {
  const { api } = useServices();
  const keep = useKeep();
  return useMutation<Booking, Error, Change>({
    mutationFn: async ({ kind, body }) => {
      let version = body.version;
      for (let round = 1; ; round++) {
        try {
          const now = { ...body, version };
          return (await (kind === 'status' ? api.changeStatus(shown._id, now as StatusChange) : api.editBooking(shown._id, now as Edit))).booking;
        } catch (error) {
          if (round === tries || !(error instanceof ApiError) || error.booking === undefined || !sameTerms(shown, error.booking)) {
            throw error;
          }
          version = error.booking.version;
        }
      }
    },
    onSuccess: keep,
    onError: (error) => {
      if (error instanceof ApiError && error.booking !== undefined) {
        keep(error.booking);
      }
    },
  });
}
