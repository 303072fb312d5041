// Live keeps the cache as the server says: every event is laid over what is there, and a connection that could not be
// recovered has everything on the screen loaded again.

import type { QueryClient } from '@tanstack/react-query';

import type { Overview, User } from '../../api/contract';
import type { Api } from '../../api/endpoints';
import type { BookingMessage, BookingUpdated, UserTyping } from '../../api/events';
import type { Connected, SocketService } from '../../services/socketService';
import { keys } from '../keys';
import { firstPages, type BookingPages } from '../reducers/list';
import type { Latest } from '../reducers/latest';
import { withUser } from '../reducers/people';
import { addressed, jobAlert, messageAlert, statusAlert, type Alert } from './alerts';
import { Batch } from './batch';
import { layMessage, layReceipt, layUpdates } from './bookingEvents';
import { Refresher, type RefresherOptions } from './refresher';

export interface LiveDeps {
  api: Api;
  socket: SocketService;
  queryClient: QueryClient;
  latest: Latest;
  user: Pick<User, 'id' | 'role'>;
  alert: (alert: Alert) => void;
  refresher?: Partial<RefresherOptions>;
}

// typingLasts is a little more than the time after which the server itself says that somebody stopped.
const typingLasts = 8_000;

// messagesApart is the least time between two questions for whom messages are meant, in milliseconds.
const messagesApart = 1_000;

// keptPages is how much of a long list is loaded again after a gap.
const keptPages = 3;

// startLive begins to listen and returns what ends it.
export function startLive(deps: LiveDeps): () => void {
  const { api, socket, queryClient, latest, user, alert } = deps;
  const refresher = new Refresher({ api, queryClient, latest }, deps.refresher);
  const typing = new Map<string, ReturnType<typeof setTimeout>>();

  const updates = new Batch<BookingUpdated>((events) => {
    const wanted = layUpdates(queryClient, user.id, events);
    wanted.bookings.forEach((id) => refresher.booking(id));
    if (wanted.jobs) {
      refresher.invalidate(keys.jobs(user.id));
    }
  });

  const messages = new Batch<BookingMessage>((events) => {
    addressed(api, user, events).then(
      (mine) => mine.forEach((event) => alert(messageAlert(event))),
      () => undefined, // they are among the notifications
    );
  }, messagesApart);

  function typed({ bookingId, userId, isTyping }: UserTyping): void {
    const key = `${bookingId} ${userId}`;
    clearTimeout(typing.get(key));
    typing.delete(key);
    queryClient.setQueryData<string[]>(keys.typing(bookingId), (ids) => withUser(ids, userId, isTyping));
    if (isTyping) {
      typing.set(key, setTimeout(() => typed({ bookingId, userId, isTyping: false }), typingLasts));
    }
  }

  function came(userId: string, online: boolean): void {
    queryClient.setQueryData<string[]>(keys.presence, (ids) => ids && withUser(ids, userId, online));
  }

  async function askPresence(): Promise<void> {
    const ack = await socket.ask('presence');
    if (ack.ok) {
      queryClient.setQueryData<string[]>(keys.presence, [...(ack.online ?? [])].sort());
    }
  }

  function connected({ recovered }: Connected): void {
    askPresence().catch(() => undefined); // cut again: asked again at the next connect
    // Nobody said that they stopped while the line was down. Not removed: a screen would go on showing what it has.
    queryClient.setQueriesData<string[]>({ queryKey: keys.typings }, []);
    if (recovered) {
      refresher.invalidate(keys.stats); // volatile: not sent again
      return;
    }
    for (const { queryKey } of queryClient.getQueryCache().findAll({ queryKey: keys.lists })) {
      queryClient.setQueryData<BookingPages>(queryKey, (data) => data && firstPages(data, keptPages));
    }
    void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.presence[0] });
  }

  const offs = [
    socket.onConnected(connected),
    socket.on('bookingUpdated', (event) => {
      latest.note(event);
      updates.add(event);
    }),
    socket.on('bookingCreated', (event) => refresher.booking(event.bookingId)),
    socket.on('newBooking', (event) => refresher.booking(event.bookingId)),
    socket.on('bookingStatusChanged', (event) => {
      refresher.invalidate(keys.notifications);
      alert(statusAlert(queryClient, event));
    }),
    socket.on('jobAssigned', (event) => {
      refresher.invalidate(keys.notifications);
      refresher.invalidate(keys.jobs(user.id));
      alert(jobAlert(event));
    }),
    socket.on('bookingMessage', (event) => {
      layMessage(queryClient, event);
      if (event.from.id !== user.id) {
        refresher.invalidate(keys.notifications);
        typed({ bookingId: event.bookingId, userId: event.from.id, isTyping: false });
        messages.add(event);
      }
    }),
    socket.on('messageReadReceipt', (event) => layReceipt(queryClient, event)),
    socket.on('userTyping', typed),
    socket.on('userOnline', (event) => came(event.userId, true)),
    socket.on('userOffline', (event) => came(event.userId, false)),
    socket.on('statsUpdated', (overview) => {
      queryClient.setQueryData<Overview>(keys.overview, overview);
      refresher.invalidate(keys.daily);
    }),
  ];
  if (socket.state === 'online') {
    connected({ recovered: true });
  }

  return () => {
    offs.forEach((off) => off());
    updates.stop();
    messages.stop();
    refresher.stop();
    typing.forEach((timer) => clearTimeout(timer));
  };
}

