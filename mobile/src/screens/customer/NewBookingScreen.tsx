import { useState } from 'react';
import { View } from 'react-native';

import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { Chips } from '../../components/Chips';
import { DateTimeField } from '../../components/DateTimeField';
import { Screen } from '../../components/Screen';
import { messageOf } from '../../components/States';
import { Text } from '../../components/Text';
import { TextField } from '../../components/TextField';
import { useSubmissions, WaitingBookings } from '../../components/WaitingBookings';
import { useUser } from '../../context/AuthContext';
import { useServices } from '../../context/ServicesContext';
import { useSay } from '../../context/ToastContext';
import { atMost, check, email, first, limits, phone, required } from '../../domain/validate';
import { useGo } from '../../navigation/routes';
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
  const say = useSay();
  const [values, setValues] = useState<Record<Field, string>>({ name: user.name, phone: user.phone ?? '', email: user.email, address: '', brand: '', model: '', invoiceNo: '' });
  const [preferredAt, setPreferredAt] = useState<string>();
  const [wrong, setWrong] = useState<Partial<Record<Field | 'preferredAt', string>>>({});
  const [failure, setFailure] = useState<string>();
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
    try {
      const booking = await submissions.submit({
        name: values.name.trim(),
        phone: values.phone.trim(),
        address: values.address.trim(),
        brand: values.brand.trim(),
        model: values.model.trim(),
        invoiceNo: given(values.invoiceNo),
        email: given(values.email),
        preferredAt,
      });
      keep(booking);
      say(t.done(booking.code));
      go.back();
      go.booking(booking._id);
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
      {failure !== undefined && (
        <Text tone="dangerText" role="alert">
          {failure}
        </Text>
      )}
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

const useStyles = makeStyles(() => ({
  pair: { flexDirection: 'row', flexWrap: 'wrap', gap: space.m },
  half: { flexGrow: 1, flexBasis: 200 },
}));
