import { useEffect, type ReactNode } from 'react';

import type { User } from '../api/contract';
import { useServices } from '../context/ServicesContext';
import { useToast } from '../context/ToastContext';
import { watchForeground, watchNetwork } from '../services/network';
import { useKeep } from '../state/queries/keep';
import type { Alert } from '../state/live/alerts';
import { startLive } from '../state/live/live';
import { en } from '../strings/en';

interface SessionProps {
  user: User;
  onOpen: (bookingId: string) => void;
  children: ReactNode;
}

// Session is what goes on as long as somebody is signed in: events are laid over the cache, alerts are shown, what waits to
// be sent is sent, and the connection is looked after when the app or the network comes back.
export function Session({ user, onOpen, children }: SessionProps) {
  const services = useServices();
  const { socket, submissions, viewing } = services;
  const toast = useToast();
  const keep = useKeep();

  useEffect(() => {
    const alert = ({ title, text, bookingId }: Alert) => {
      if (viewing.id !== bookingId) {
        toast({ title, text, action: { title: en.common.view, onPress: () => onOpen(bookingId) } });
      }
    };
    return startLive({ ...services, user, alert });
  }, [services, user, toast, onOpen, viewing]);

  useEffect(() => {
    void submissions.begin(user.id, {
      made: (booking) => {
        keep(booking);
        toast({ title: en.bookings.form.done(booking.code), action: { title: en.common.view, onPress: () => onOpen(booking._id) } });
      },
      refused: ({ brand, model }, { message }) => toast({ title: en.bookings.form.refused(`${brand} ${model}`), text: message }),
    });
    return () => submissions.end();
  }, [submissions, user.id, keep, toast, onOpen]);

  useEffect(() => {
    let before = true;
    const offs = [
      watchForeground(() => socket.wake()),
      watchNetwork((online) => {
        if (online && !before) {
          socket.wake();
        }
        before = online;
      }),
      socket.onConnected(() => submissions.wake()),
    ];
    return () => offs.forEach((off) => off());
  }, [socket, submissions]);

  return <>{children}</>;
}
