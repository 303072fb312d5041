import { useEffect, type ReactNode } from 'react';

import type { User } from '../api/contract';
import { useServices } from '../context/ServicesContext';
import { useToast } from '../context/ToastContext';
import { watchReturn } from '../services/returning';
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
    void submissions.begin(user.id, (booking) => {
      keep(booking);
      toast({ title: en.bookings.form.done(booking.code), action: { title: en.common.view, onPress: () => onOpen(booking._id) } });
    });
    return () => submissions.end();
  }, [submissions, user.id, keep, toast, onOpen]);

  useEffect(() => {
    const offs = [watchReturn(() => socket.wake()), socket.onConnected(() => submissions.wake())];
    return () => offs.forEach((off) => off());
  }, [socket, submissions]);

  return <>{children}</>;
}
