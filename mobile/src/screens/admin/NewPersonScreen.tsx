import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { Chips } from '../../components/Chips';
import { Screen } from '../../components/Screen';
import { messageOf, Problem } from '../../components/States';
import { TextField } from '../../components/TextField';
import { useServices } from '../../context/ServicesContext';
import { useSay } from '../../context/ToastContext';
import { atMost, check, email, first, limits, password, phone, required } from '../../domain/validate';
import { useGo } from '../../navigation/routes';
import { keys } from '../../state/keys';
import { en } from '../../strings/en';

const t = en.desk;

const rules = {
  name: first(required, atMost(limits.name)),
  email: first(required, email, atMost(limits.email)),
  password: first(password, atMost(limits.password)),
  phone: first(phone, atMost(limits.phone)),
};

// NewPersonScreen makes an account for somebody of the desk.
export function NewPersonScreen() {
  const { api } = useServices();
  const queryClient = useQueryClient();
  const go = useGo();
  const say = useSay();
  const [values, setValues] = useState({ name: '', email: '', password: '', phone: '' });
  const [role, setRole] = useState<'staff' | 'admin'>('staff');
  const [wrong, setWrong] = useState<Record<string, string | undefined>>({});
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const field = (name: keyof typeof values, label: string) => ({
    label,
    value: values[name],
    error: wrong[name],
    onChangeText: (text: string) => setValues((now) => ({ ...now, [name]: text })),
  });
  const submit = async () => {
    const found = check(values, rules);
    setWrong(found);
    setFailure(undefined);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    try {
      const { user } = await api.createStaff({ name: values.name.trim(), email: values.email.trim(), password: values.password, phone: values.phone.trim() || undefined, role });
      await queryClient.invalidateQueries({ queryKey: keys.people });
      say(t.created(user.name));
      go.back();
    } catch (error) {
      setWrong(error instanceof ApiError ? error.fields : {});
      setFailure(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <Screen title={t.addPerson} onBack={go.back} footer={<Button title={busy ? en.common.saving : en.common.save} busy={busy} onPress={() => void submit()} />}>
      <Problem text={failure} />
      <Card>
        <TextField {...field('name', en.auth.name)} />
        <TextField {...field('email', en.auth.email)} inputMode="email" autoCapitalize="none" />
        <TextField {...field('password', t.initialPassword)} secret hint={en.auth.passwordRule} autoCapitalize="none" autoComplete="new-password" />
        <TextField {...field('phone', en.auth.phoneOptional)} inputMode="tel" />
        <Chips<'staff' | 'admin'>
          label={t.role}
          options={[
            { value: 'staff', title: t.roles.staff },
            { value: 'admin', title: t.roles.admin },
          ]}
          value={role}
          onChange={setRole}
        />
      </Card>
    </Screen>
  );
}
