import { useIsFocused } from '@react-navigation/native';
import { useEffect, useMemo } from 'react';

import type { Booking } from '../../api/contract';
import { useServices } from '../../context/ServicesContext';
import { keys } from '../../state/keys';
import { markRead } from '../../state/reducers/timeline';

// Who has said more than the server allows says the rest after this many milliseconds.
const rest = 5_000;

// useLooking says that a booking is on the screen: nobody is alerted of it, and what others did is read. Messages are once
// the end of the timeline was in view; the rest shows at the top. It returns how many messages are not read yet.
export function useLooking(booking: Booking, userId: string, endInView: boolean): number {
  const { socket, viewing, queryClient } = useServices();
  const focused = useIsFocused();
  const unread = useMemo(
    () => (booking.updates ?? []).filter((entry) => entry.updatedBy !== userId && !entry.readBy.some((receipt) => receipt.userId === userId)),
    [booking.updates, userId],
  );
  const list = unread
    .filter((entry) => endInView || entry.kind !== 'message')
    .map((entry) => entry._id)
    .join(' ');
  useEffect(() => {
    if (!focused) {
      return undefined;
    }
    viewing.id = booking._id;
    return () => {
      if (viewing.id === booking._id) {
        viewing.id = null;
      }
    };
  }, [focused, viewing, booking._id]);
  useEffect(() => {
    if (!focused || list === '') {
      return undefined;
    }
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const say = async () => {
      clearTimeout(timer);
      const read: string[] = [];
      try {
        for (const messageId of list.split(' ')) {
          const ack = await socket.ask('messageRead', { bookingId: booking._id, messageId });
          if (ack.ok) {
            read.push(messageId);
          }
          if (over) {
            break;
          }
          if (!ack.ok && ack.code === 'rate_limited') {
            timer = setTimeout(again, rest);
            break;
          }
        }
      } finally {
        if (read.length > 0) {
          // The receipts go to the authors only; what the reader sees of them is laid here.
          const readAt = new Date().toISOString();
          queryClient.setQueryData<Booking>(keys.one(booking._id), (known) => known && read.reduce((now, messageId) => markRead(now, { messageId, readBy: userId, readAt }), known));
          void queryClient.invalidateQueries({ queryKey: keys.notifications });
        }
      }
    };
    const again = () => void say().catch(() => undefined); // without a line it is said the next time
    again();
    // Nobody has read anything while the line is down: said again when it is back.
    const off = socket.onConnected(again);
    return () => {
      over = true;
      clearTimeout(timer);
      off();
    };
  }, [socket, queryClient, focused, list, booking._id, userId]);
  return unread.filter((entry) => entry.kind === 'message').length;
}
