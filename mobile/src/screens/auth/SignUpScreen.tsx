import { useState } from 'react';
import { View } from 'react-native';

import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { messageOf, Problem } from '../../components/States';
import { Text } from '../../components/Text';
import { TextField } from '../../components/TextField';
import { useAuth } from '../../context/AuthContext';
import { atMost, check, email, first, limits, password, phone, required } from '../../domain/validate';
import { useGo } from '../../navigation/routes';
import { en } from '../../strings/en';
import { AuthFrame, useAuthStyles } from './AuthFrame';

const rules = {
  name: first(required, atMost(limits.name)),
  email: first(required, email, atMost(limits.email)),
  password: first(password, atMost(limits.password)),
  phone: first(phone, atMost(limits.phone)),
};

type Field = keyof typeof rules;

export function SignUpScreen() {
  const styles = useAuthStyles();
  const { signUp } = useAuth();
  const go = useGo();
  const [values, setValues] = useState<Record<Field, string>>({ name: '', email: '', password: '', phone: '' });
  const [wrong, setWrong] = useState<Partial<Record<Field, string>>>({});
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);

  const field = (name: Field, label: string) => ({
    label,
    value: values[name],
    error: wrong[name],
    onChangeText: (text: string) => setValues((now) => ({ ...now, [name]: text })),
  });

  const submit = async () => {
    const found = check(values, rules);
    setWrong(found);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await signUp({ name: values.name.trim(), email: values.email.trim(), password: values.password, phone: values.phone.trim() || undefined });
    } catch (error) {
      setWrong(error instanceof ApiError ? (error.fields as typeof wrong) : {});
      setFailure(messageOf(error));
      setBusy(false);
    }
  };

  return (
    <AuthFrame title={en.auth.welcome}>
      <Problem text={failure} />
      <Card>
        <TextField {...field('name', en.auth.name)} autoComplete="name" />
        <TextField {...field('email', en.auth.email)} autoComplete="email" inputMode="email" autoCapitalize="none" />
        <TextField {...field('password', en.auth.password)} secret hint={en.auth.passwordRule} autoComplete="new-password" autoCapitalize="none" />
        <TextField {...field('phone', en.auth.phoneOptional)} autoComplete="tel" inputMode="tel" onSubmitEditing={() => void submit()} />
        <Button title={busy ? en.auth.signingUp : en.auth.signUp} busy={busy} onPress={() => void submit()} />
      </Card>
      <View style={styles.other}>
        <Text tone="muted">{en.auth.haveAccount}</Text>
        <Button kind="plain" title={en.auth.signIn} onPress={go.signIn} />
      </View>
    </AuthFrame>
  );
}
