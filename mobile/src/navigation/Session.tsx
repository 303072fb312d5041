import { useEffect, type ReactNode } from 'react';

import type { User } from '../api/contract';
import { useServices } from '../context/ServicesContext';
import { useToast } from '../context/ToastContext';
import { watchReturn } from '../services/returning';
import { useKeep } from '../state/queries/keep';
import { digest, type Alert } from '../state/live/alerts';
import { Batch } from '../state/live/batch';
import { startLive } from '../state/live/live';
import { en } from '../strings/en';

// Alerts that come within this many milliseconds of others are shown together.
const alertsApart = 2_500;

interface SessionProps {
  user: User;
  onOpen: (bookingId: string) => void;
  onNews: () => void; // leads to the notifications
  children: ReactNode;
}

// Session is what goes on as long as somebody is signed in: events are laid over the cache, alerts are shown, what waits to
// be sent is sent, and the connection is looked after when the app or the network comes back.
export function Session({ user: { id, role }, onOpen, onNews, children }: SessionProps) {
  const services = useServices();
  const { socket, submissions, viewing } = services;
  const toast = useToast();
  const keep = useKeep();

  useEffect(() => {
    const elsewhere = (alert: Alert) => viewing.id !== alert.bookingId;
    const alerts = new Batch<Alert>((together) => {
      const { shown, more } = digest(together.filter(elsewhere)); // they may have come to look at it meanwhile
      if (more > 0) {
        toast({ title: en.alerts.more(more), action: { title: en.common.view, onPress: onNews } });
      }
      shown.forEach(({ title, text, bookingId }) => toast({ title, text, action: { title: en.common.view, onPress: () => onOpen(bookingId) } }));
    }, alertsApart);
    const end = startLive({ ...services, user: { id, role }, alert: (alert) => elsewhere(alert) && alerts.add(alert) });
    return () => {
      end();
      alerts.stop();
    };
  }, [services, id, role, toast, onOpen, onNews, viewing]);

  useEffect(() => {
    void submissions.begin(id, {
      made: (booking) => {
        keep(booking);
        toast({ title: en.bookings.form.done(booking.code), action: { title: en.common.view, onPress: () => onOpen(booking._id) } });
      },
      refused: ({ brand, model }, { message }) => toast({ title: en.bookings.form.refused(`${brand} ${model}`), text: message }),
    });
    return () => submissions.end();
  }, [submissions, id, keep, toast, onOpen]);

  useEffect(() => {
    const offs = [watchReturn(() => socket.wake()), socket.onConnected(() => submissions.wake())];
    return () => offs.forEach((off) => off());
  }, [socket, submissions]);

  return <>{children}</>;
}
