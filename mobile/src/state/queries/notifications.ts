import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';

import type { Notification, NotificationsAnswer } from '../../api/contract';
import { useServices } from '../../context/ServicesContext';
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

// useMarkRead marks notifications as read, one after the other: each is an entry of its booking's timeline.
export function useMarkRead() {
  const { socket, queryClient } = useServices();
  return useMutation({
    mutationFn: async (notifications: Notification[]) => {
      for (const { bookingId, _id } of notifications) {
        const ack = await socket.ask('messageRead', { bookingId, messageId: _id });
        if (!ack.ok && ack.code === 'rate_limited') {
          break; // the rest stays unread
        }
      }
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.notifications }),
  });
}
