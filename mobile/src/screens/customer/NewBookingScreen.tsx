import { useNavigation, useRoute, type RouteProp } from '@react-navigation/native';
import { useEffect, useRef, useState } from 'react';
import { View } from 'react-native';

import type { NewBooking } from '../../api/contract';
import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { Chips } from '../../components/Chips';
import { DateTimeField } from '../../components/DateTimeField';
import { Screen } from '../../components/Screen';
import { messageOf, Problem } from '../../components/States';
import { Text } from '../../components/Text';
import { TextField } from '../../components/TextField';
import { useSubmissions, WaitingBookings } from '../../components/WaitingBookings';
import { useUser } from '../../context/AuthContext';
import { useServices } from '../../context/ServicesContext';
import { useToast } from '../../context/ToastContext';
import { atMost, check, email, first, limits, phone, required } from '../../domain/validate';
import { useGo, type StackParams } from '../../navigation/routes';
import { useKeep } from '../../state/queries/keep';
import { en } from '../../strings/en';
import { makeStyles } from '../../theme/ThemeContext';
import { space } from '../../theme/tokens';

const t = en.bookings.form;

const rules = {
  name: first(required, atMost(limits.name)),
  phone: first(required, phone, atMost(limits.phone)),
  email: first(email, atMost(limits.email)),
  address: first(required, atMost(limits.address)),
  brand: first(required, atMost(limits.brand)),
  model: first(required, atMost(limits.model)),
  invoiceNo: atMost(limits.invoiceNo),
};

type Field = keyof typeof rules;

// NewBookingScreen books. What is sent is kept on the device until the server has it.
export function NewBookingScreen() {
  const styles = useStyles();
  const user = useUser();
  const { submissions } = useServices();
  const go = useGo();
  const keep = useKeep();
  const toast = useToast();
  const watched = useWatched();
  const draft = useDraft();
  const empty = { name: user.name, phone: user.phone ?? '', email: user.email, address: '', brand: '', model: '', invoiceNo: '' };
  const [values, setValues] = useState<Record<Field, string>>({ ...empty, ...draft?.values });
  const [preferredAt, setPreferredAt] = useState<string | undefined>(draft?.preferredAt);
  const [wrong, setWrong] = useState<Partial<Record<Field | 'preferredAt', string>>>(draft?.wrong ?? {});
  const [failure, setFailure] = useState<string | undefined>(draft?.failure);
  const [busy, setBusy] = useState(false);
  const waiting = useSubmissions().some((one) => one.waiting);

  const field = (name: Field, label: string) => ({
    label,
    value: values[name],
    error: wrong[name],
    onChangeText: (text: string) => {
      setValues((now) => ({ ...now, [name]: text }));
      setWrong(({ [name]: _, ...rest }) => rest);
    },
  });

  const submit = async () => {
    const found: typeof wrong = check(values, rules);
    if (preferredAt !== undefined && new Date(preferredAt) < new Date()) {
      found.preferredAt = en.validation.past;
    }
    setWrong(found);
    setFailure(Object.keys(found).length > 0 ? en.validation.check : undefined);
    if (Object.keys(found).length > 0 || busy) {
      return;
    }
    setBusy(true);
    const given = (text: string) => (text.trim() === '' ? undefined : text.trim());
    const body: NewBooking = {
      name: values.name.trim(),
      phone: values.phone.trim(),
      address: values.address.trim(),
      brand: values.brand.trim(),
      model: values.model.trim(),
      invoiceNo: given(values.invoiceNo),
      email: given(values.email),
      preferredAt,
    };
    try {
      const sent = submissions.submit(body, watched);
      if (draft !== undefined) {
        submissions.discard(draft.key); // what is on its way now takes its place
      }
      const booking = await sent;
      keep(booking);
      if (watched()) {
        toast({ title: t.done(booking.code) });
        go.back();
        go.booking(booking._id);
        return;
      }
      // They are elsewhere by now, and stay there; the form behind them is not to book the same again.
      setValues(empty);
      setPreferredAt(undefined);
      toast({ title: t.done(booking.code), action: { title: en.common.view, onPress: () => go.booking(booking._id) } });
    } catch (error) {
      if (error instanceof ApiError) {
        setWrong(error.fields as typeof wrong);
        setFailure(messageOf(error));
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <Screen
      title={t.title}
      onBack={go.back}
      footer={<Button title={busy ? (waiting ? t.waiting : t.sending) : t.submit} busy={busy} onPress={() => void submit()} />}
    >
      <Text tone="muted">{t.intro}</Text>
      <Problem text={failure} />
      {busy && waiting && <WaitingBookings />}
      <Card>
        <Chips label={t.brand} options={t.brands.map((brand) => ({ value: brand, title: brand }))} value={values.brand} onChange={(brand) => field('brand', t.brand).onChangeText(brand)} />
        <View style={styles.pair}>
          <View style={styles.half}>
            <TextField {...field('brand', t.brand)} />
          </View>
          <View style={styles.half}>
            <TextField {...field('model', t.model)} />
          </View>
        </View>
        <TextField {...field('invoiceNo', t.invoiceNo)} autoCapitalize="characters" />
        <DateTimeField
          label={t.preferredAt}
          value={preferredAt}
          error={wrong.preferredAt}
          earliest={new Date()}
          onChange={(at) => {
            setPreferredAt(at);
            setWrong(({ preferredAt: _, ...rest }) => rest);
          }}
        />
      </Card>
      <Card>
        <TextField {...field('name', t.name)} autoComplete="name" />
        <TextField {...field('phone', t.phone)} autoComplete="tel" inputMode="tel" />
        <TextField {...field('email', t.email)} autoComplete="email" inputMode="email" autoCapitalize="none" />
        <TextField {...field('address', t.address)} autoComplete="street-address" multiline />
      </Card>
    </Screen>
  );
}

// useWatched returns what says whether the form is on the screen, also after it is gone.
function useWatched(): () => boolean {
  const navigation = useNavigation();
  const there = useRef(false);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
    };
  }, []);
  return () => there.current && navigation.isFocused();
}

// useDraft is the booking to put right that the form was opened with, as it was then.
function useDraft() {
  const { submissions } = useServices();
  const key = useRoute<RouteProp<StackParams, 'NewBooking'>>().params?.draft;
  const [draft] = useState(() => {
    const kept = submissions.list.find((one) => one.key === key);
    if (kept === undefined) {
      return undefined;
    }
    const { preferredAt, ...rest } = kept.body;
    const values = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<Record<Field, string>>;
    return { key: kept.key, values, preferredAt: preferredAt ?? undefined, wrong: kept.refusal?.fields as Partial<Record<Field | 'preferredAt', string>>, failure: kept.refusal && messageOf(kept.refusal) };
  });
  return draft;
}

const useStyles = makeStyles(() => ({
  pair: { flexDirection: 'row', flexWrap: 'wrap', gap: space.m },
  half: { flexGrow: 1, flexBasis: 200 },
}));
