import { useState } from 'react';

import type { Booking, Edit, Status } from '../../api/contract';
import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { DateTimeField } from '../../components/DateTimeField';
import { Dialog } from '../../components/Dialog';
import { Options } from '../../components/Options';
import { Failed, Loading, messageOf, Problem } from '../../components/States';
import { Text } from '../../components/Text';
import { TextField } from '../../components/TextField';
import { useSay } from '../../context/ToastContext';
import { atMost, check, email, first, limits, phone, required } from '../../domain/validate';
import { useChangeBooking, type Change } from '../../state/queries/changes';
import { useAssignable, usePresence } from '../../state/queries/desk';
import { en } from '../../strings/en';

const t = en.bookings.detail;

interface DialogProps {
  booking: Booking;
  onClose: () => void;
}

// useChange makes a change, says what came of it, and closes the dialog unless something has to be put right.
function useChange(booking: Booking, onClose: () => void) {
  const change = useChangeBooking(booking);
  const say = useSay();
  const [fields, setFields] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string>();
  const make = (what: Change, done: string) => {
    setFailure(undefined);
    change.mutate(what, {
      onSuccess: () => {
        say(done);
        onClose();
      },
      onError: (error) => {
        const conflict = error instanceof ApiError && error.booking !== undefined;
        setFailure(conflict ? t.conflict : messageOf(error));
        setFields(error instanceof ApiError ? error.fields : {});
      },
    });
  };
  return { make, fields, failure, busy: change.isPending };
}

export function CancelDialog({ booking, onClose }: DialogProps) {
  const { make, failure, busy } = useChange(booking, onClose);
  const [reason, setReason] = useState('');
  return (
    <Dialog
      visible
      title={t.cancelAsk}
      onClose={onClose}
      footer={
        <>
          <Button kind="secondary" title={t.keep} onPress={onClose} />
          <Button
            kind="danger"
            title={t.cancel}
            busy={busy}
            onPress={() => make({ kind: 'status', body: { status: 'Cancelled', message: reason.trim() || undefined, version: booking.version } }, t.cancelled)}
          />
        </>
      }
    >
      <Text tone="muted">{t.cancelText}</Text>
      <TextField label={t.reason} value={reason} onChangeText={setReason} maxLength={limits.message} multiline />
      <Problem text={failure} />
    </Dialog>
  );
}

export function StatusDialog({ booking, status, onClose }: DialogProps & { status: Status }) {
  const { make, failure, busy } = useChange(booking, onClose);
  const [note, setNote] = useState('');
  const word = en.bookings.status[status];
  return (
    <Dialog
      visible
      title={t.changeTo(word)}
      onClose={onClose}
      footer={
        <>
          <Button kind="secondary" title={en.common.cancel} onPress={onClose} />
          <Button
            title={t.changeTo(word)}
            busy={busy}
            onPress={() => make({ kind: 'status', body: { status, message: note.trim() || undefined, version: booking.version } }, t.changed(word))}
          />
        </>
      }
    >
      <TextField label={t.note} value={note} onChangeText={setNote} maxLength={limits.message} multiline />
      <Problem text={failure} />
    </Dialog>
  );
}

export function AssignDialog({ booking, onClose }: DialogProps) {
  const { make, failure, busy } = useChange(booking, onClose);
  const people = useAssignable(true);
  const online = usePresence();
  const [chosen, setChosen] = useState<string | undefined>(booking.assignedTo?._id);
  const save = () => {
    const name = people.data?.find((person) => person.id === chosen)?.name;
    make({ kind: 'status', body: { assignedTo: chosen ?? null, version: booking.version } }, name === undefined ? t.unassigned : t.assigned(name));
  };
  return (
    <Dialog
      visible
      title={t.assignTitle}
      onClose={onClose}
      footer={
        <>
          <Button kind="secondary" title={en.common.cancel} onPress={onClose} />
          <Button title={en.common.save} busy={busy} disabled={chosen === booking.assignedTo?._id} onPress={save} />
        </>
      }
    >
      <Problem text={failure} />
      {people.isPending && <Loading />}
      {people.isError && <Failed error={people.error} onRetry={() => void people.refetch()} />}
      {people.data !== undefined && (
        <Options
          label={t.assignTitle}
          value={chosen}
          onChange={setChosen}
          options={[
            { value: undefined, title: t.nobody },
            ...people.data.map((person) => ({
              value: person.id as string | undefined,
              title: person.name,
              note: `${en.desk.roles[person.role]}${online?.includes(person.id) ? ` · ${t.online}` : ''}`,
            })),
          ]}
        />
      )}
    </Dialog>
  );
}

const rules = {
  phone: first(required, phone, atMost(limits.phone)),
  email: first(email, atMost(limits.email)),
  address: first(required, atMost(limits.address)),
  invoiceNo: atMost(limits.invoiceNo),
};

// EditDialog changes the contact details, or only the time.
export function EditDialog({ booking, onlyTime, onClose }: DialogProps & { onlyTime: boolean }) {
  const { make, fields, failure, busy } = useChange(booking, onClose);
  const before = { phone: booking.contactNumber, email: booking.email ?? '', address: booking.address, invoiceNo: booking.invoiceNumber ?? '' };
  const [values, setValues] = useState(before);
  const [at, setAt] = useState(booking.preferredDateTime);
  const [wrong, setWrong] = useState<Record<string, string | undefined>>({});
  const field = (name: keyof typeof before, label: string) => ({
    label,
    value: values[name],
    error: wrong[name] ?? fields[name],
    onChangeText: (text: string) => setValues({ ...values, [name]: text }),
  });
  const save = () => {
    const found: Record<string, string | undefined> = onlyTime ? {} : check(values, rules);
    if (onlyTime && at !== undefined && new Date(at) < new Date()) {
      found.preferredAt = en.validation.past;
    }
    setWrong(found);
    if (Object.keys(found).length > 0) {
      return;
    }
    const body: Edit = { version: booking.version };
    if (onlyTime) {
      body.preferredAt = at ?? null;
    } else {
      const changed = (name: keyof typeof before) => values[name].trim() !== before[name];
      if (changed('phone')) body.phone = values.phone.trim();
      if (changed('address')) body.address = values.address.trim();
      if (changed('email')) body.email = values.email.trim() || null;
      if (changed('invoiceNo')) body.invoiceNo = values.invoiceNo.trim() || null;
      if (Object.keys(body).length === 1) {
        onClose();
        return;
      }
    }
    make({ kind: 'edit', body }, t.saved);
  };
  return (
    <Dialog
      visible
      title={onlyTime ? t.reschedule : t.editTitle}
      onClose={onClose}
      footer={
        <>
          <Button kind="secondary" title={en.common.cancel} onPress={onClose} />
          <Button title={t.save} busy={busy} onPress={save} />
        </>
      }
    >
      {onlyTime ? (
        <DateTimeField label={t.when} value={at} onChange={setAt} error={wrong.preferredAt ?? fields.preferredAt} earliest={new Date()} />
      ) : (
        <>
          <TextField {...field('phone', t.phone)} inputMode="tel" />
          <TextField {...field('email', t.email)} inputMode="email" autoCapitalize="none" />
          <TextField {...field('address', t.address)} multiline />
          <TextField {...field('invoiceNo', t.invoice)} />
        </>
      )}
      <Problem text={failure} />
    </Dialog>
  );
}
