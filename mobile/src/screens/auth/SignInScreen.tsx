import { useState } from 'react';
import { View } from 'react-native';

import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { messageOf, Problem } from '../../components/States';
import { Text } from '../../components/Text';
import { TextField } from '../../components/TextField';
import { useAuth } from '../../context/AuthContext';
import { check, email, first, required } from '../../domain/validate';
import { useGo } from '../../navigation/routes';
import { en } from '../../strings/en';
import { AuthFrame, useAuthStyles } from './AuthFrame';

const rules = { email: first(required, email), password: required };

export function SignInScreen() {
  const styles = useAuthStyles();
  const { state, signIn } = useAuth();
  const go = useGo();
  const [values, setValues] = useState({ email: '', password: '' });
  const [wrong, setWrong] = useState<Partial<Record<keyof typeof values, string>>>({});
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const reason = state.phase === 'signedOut' ? state.reason : undefined;

  const submit = async () => {
    const found = check(values, rules);
    setWrong(found);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn({ email: values.email.trim(), password: values.password });
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  };

  return (
    <AuthFrame title={en.auth.welcomeBack}>
      {reason !== undefined && failure === undefined && (
        <Text tone="muted" role="status">
          {reason}
        </Text>
      )}
      <Problem text={failure} />
      <Card>
        <TextField
          label={en.auth.email}
          value={values.email}
          error={wrong.email}
          onChangeText={(text) => setValues({ ...values, email: text })}
          autoComplete="email"
          inputMode="email"
          autoCapitalize="none"
          onSubmitEditing={() => void submit()}
        />
        <TextField
          label={en.auth.password}
          value={values.password}
          error={wrong.password}
          secret
          onChangeText={(text) => setValues({ ...values, password: text })}
          autoComplete="current-password"
          autoCapitalize="none"
          onSubmitEditing={() => void submit()}
        />
        <Button title={busy ? en.auth.signingIn : en.auth.signIn} busy={busy} onPress={() => void submit()} />
      </Card>
      <View style={styles.other}>
        <Text tone="muted">{en.auth.noAccount}</Text>
        <Button kind="plain" title={en.auth.signUp} onPress={go.signUp} />
      </View>
    </AuthFrame>
  );
}
