import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';

import type { Notification, NotificationsAnswer } from '../../api/contract';
import { ApiError, UNREACHABLE } from '../../api/error';
import { useServices } from '../../context/ServicesContext';
import type { SocketService } from '../../services/socketService';
import { en } from '../../strings/en';
import { keys } from '../keys';

export function useNotifications(unread: boolean) {
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: [...keys.notifications, 'list', unread] as const,
    queryFn: ({ pageParam, signal }) => api.notifications({ after: pageParam, unread: unread || undefined, limit: 30 }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: NotificationsAnswer) => page.nextCursor,
  });
  return { ...query, rows: query.data?.pages.flatMap((page) => page.data) ?? [] };
}

// useUnread is how many notifications are unread.
export function useUnread(): number {
  const { api } = useServices();
  const { data } = useQuery({
    queryKey: [...keys.notifications, 'unread'] as const,
    queryFn: async ({ signal }) => (await api.notifications({ unread: true, limit: 1 }, signal)).unread,
  });
  return data ?? 0;
}

// TooFast ends a marking that came to the end of what the server allows. The rest stays unread.
export class TooFast extends Error {}

// mark marks notifications as read, a few at a time: each is an entry of its booking's timeline.
async function mark(socket: SocketService, notifications: Notification[], atOnce = 10): Promise<void> {
  for (let i = 0; i < notifications.length; i += atOnce) {
    const acks = await Promise.all(notifications.slice(i, i + atOnce).map(({ bookingId, _id }) => socket.ask('messageRead', { bookingId, messageId: _id })));
    if (acks.some((ack) => !ack.ok && ack.code === 'rate_limited')) {
      throw new TooFast();
    }
  }
}

export function useMarkRead() {
  const { socket, queryClient } = useServices();
  return useMutation({
    mutationFn: (notifications: Notification[]) => mark(socket, notifications),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.notifications }),
  });
}

// useMarkAllRead marks every notification as read, those that no list has loaded among them. It fails with what kept it
// from going on.
export function useMarkAllRead() {
  const { api, socket, queryClient } = useServices();
  return useMutation({
    mutationFn: async () => {
      let after: string | undefined;
      do {
        const page = await api.notifications({ unread: true, after, limit: 100 });
        await mark(socket, page.data).catch((error: unknown) => {
          throw error instanceof TooFast ? error : new ApiError(0, { code: UNREACHABLE, message: en.failures.unreachable });
        });
        after = page.nextCursor;
      } while (after !== undefined);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.notifications }),
  });
}
