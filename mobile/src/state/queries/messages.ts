import { useMutation, useMutationState } from '@tanstack/react-query';

import type { Booking, Entry } from '../../api/contract';
import { isPassing } from '../../api/error';
import { useServices } from '../../context/ServicesContext';
import { keys } from '../keys';
import { addEntry } from '../reducers/timeline';

export interface Outgoing {
  clientId: string;
  text: string;
}

// Sent is a message that the server has not answered yet, or refused.
export interface Sent extends Outgoing {
  failed: boolean;
  at: number;
}

// useSendMessage sends messages on a booking. One that finds no server is tried for a while; the clientId makes one message
// of many tries.
export function useSendMessage(bookingId: string) {
  const { api, queryClient } = useServices();
  return useMutation<Entry, Error, Outgoing>({
    mutationKey: keys.send(bookingId),
    mutationFn: async ({ clientId, text }) => (await api.addMessage(bookingId, { message: text, clientId })).message,
    retry: (failures, error) => failures < 20 && isPassing(error),
    retryDelay: (failures) => Math.min(1_000 * 2 ** failures, 5_000),
    onSuccess: (entry) => {
      queryClient.setQueryData<Booking>(keys.one(bookingId), (booking) => booking && addEntry(booking, entry));
    },
  });
}

// useOutgoing are the messages that are not in the timeline yet.
export function useOutgoing(bookingId: string): Sent[] {
  return useMutationState({
    filters: { mutationKey: keys.send(bookingId), predicate: ({ state }) => state.status === 'pending' || state.status === 'error' },
    select: ({ state }) => ({ ...(state.variables as Outgoing), failed: state.status === 'error', at: state.submittedAt }),
  });
}

// useForget drops a message that was refused.
export function useForget(bookingId: string): (clientId: string) => void {
  const { queryClient } = useServices();
  return (clientId) => {
    const cache = queryClient.getMutationCache();
    cache
      .findAll({ mutationKey: keys.send(bookingId) })
      .filter((mutation) => (mutation.state.variables as Outgoing | undefined)?.clientId === clientId)
      .forEach((mutation) => cache.remove(mutation));
  };
}
