import { useState } from 'react';

import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { Chips } from '../../components/Chips';
import { Confirm } from '../../components/Confirm';
import { Screen } from '../../components/Screen';
import { messageOf, Problem } from '../../components/States';
import { Text } from '../../components/Text';
import { TextField } from '../../components/TextField';
import { useAuth, useUser } from '../../context/AuthContext';
import { useServices } from '../../context/ServicesContext';
import { useSay } from '../../context/ToastContext';
import { atMost, check, email, first, limits, password, phone, required } from '../../domain/validate';
import { useConnection } from '../../hooks/useConnection';
import { en } from '../../strings/en';
import { useTheme, type Appearance } from '../../theme/ThemeContext';

const t = en.desk;

export function ProfileScreen() {
  const { signOut } = useAuth();
  const { api } = useServices();
  const user = useUser();
  const say = useSay();
  const connection = useConnection();
  const { appearance, choose } = useTheme();
  const [asking, setAsking] = useState(false);
  return (
    <Screen title={t.profile}>
      <Account />
      <Password />
      <Card title={t.appearance}>
        <Chips<Appearance>
          label={t.appearance}
          options={(['system', 'light', 'dark'] as const).map((value) => ({ value, title: t.themes[value] }))}
          value={appearance}
          onChange={choose}
        />
      </Card>
      <Card title={t.server}>
        <Text kind="caption" tone="muted" selectable>
          {api.client.baseUrl} · {connection === 'online' ? en.connection.online : en.connection.offlineShort}
        </Text>
        <Text kind="caption" tone="muted">
          {user.email} · {t.roles[user.role]}
        </Text>
      </Card>
      <Button kind="secondary" title={en.auth.signOut} onPress={() => setAsking(true)} />
      <Confirm
        visible={asking}
        title={en.auth.signOutAsk}
        yes={en.auth.signOut}
        onNo={() => setAsking(false)}
        onYes={() => {
          setAsking(false);
          void signOut().then((told) => told || say(en.auth.signedOutAlone));
        }}
      />
    </Screen>
  );
}

const accountRules = { name: first(required, atMost(limits.name)), email: first(required, email, atMost(limits.email)), phone: first(phone, atMost(limits.phone)) };

function Account() {
  const { userChanged } = useAuth();
  const { api } = useServices();
  const user = useUser();
  const say = useSay();
  const [values, setValues] = useState({ name: user.name, email: user.email, phone: user.phone ?? '' });
  const [wrong, setWrong] = useState<Record<string, string | undefined>>({});
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const field = (name: keyof typeof values, label: string) => ({
    label,
    value: values[name],
    error: wrong[name],
    onChangeText: (text: string) => setValues({ ...values, [name]: text }),
  });
  const save = async () => {
    const found = check(values, accountRules);
    setWrong(found);
    setFailure(undefined);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    try {
      const answer = await api.updateProfile({ name: values.name.trim(), email: values.email.trim(), phone: values.phone.trim() || null });
      userChanged(answer.user);
      say(t.profileSaved);
    } catch (error) {
      setWrong(error instanceof ApiError ? error.fields : {});
      setFailure(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <Card title={t.account}>
      <TextField {...field('name', en.auth.name)} autoComplete="name" />
      <TextField {...field('email', en.auth.email)} autoComplete="email" inputMode="email" autoCapitalize="none" />
      <TextField {...field('phone', en.auth.phoneOptional)} autoComplete="tel" inputMode="tel" />
      <Problem text={failure} />
      <Button kind="secondary" title={busy ? en.common.saving : en.common.save} busy={busy} onPress={() => void save()} />
    </Card>
  );
}

const passwordRules = { currentPassword: required, newPassword: first(password, atMost(limits.password)) };

function Password() {
  const { changePassword } = useAuth();
  const say = useSay();
  const empty = { currentPassword: '', newPassword: '' };
  const [values, setValues] = useState(empty);
  const [wrong, setWrong] = useState<Record<string, string | undefined>>({});
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    const found = check(values, passwordRules);
    setWrong(found);
    setFailure(undefined);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    try {
      await changePassword(values);
      setValues(empty);
      say(t.passwordChanged);
    } catch (error) {
      setWrong(error instanceof ApiError ? error.fields : {});
      setFailure(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <Card title={t.changePassword}>
      <TextField
        label={t.currentPassword}
        value={values.currentPassword}
        error={wrong.currentPassword}
        onChangeText={(text) => setValues({ ...values, currentPassword: text })}
        secret
        autoComplete="current-password"
        autoCapitalize="none"
      />
      <TextField
        label={t.newPassword}
        value={values.newPassword}
        error={wrong.newPassword}
        hint={en.auth.passwordRule}
        onChangeText={(text) => setValues({ ...values, newPassword: text })}
        secret
        autoComplete="new-password"
        autoCapitalize="none"
      />
      <Problem text={failure} />
      <Button kind="secondary" title={busy ? en.common.saving : t.changePassword} busy={busy} onPress={() => void save()} />
    </Card>
  );
}
