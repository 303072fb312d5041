import { useQueryClient } from '@tanstack/react-query';
import { useRoute, type RouteProp } from '@react-navigation/native';
import { useState } from 'react';
import { View } from 'react-native';

import type { Account, Role, UserChange } from '../../api/contract';
import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { Confirm } from '../../components/Confirm';
import { Screen } from '../../components/Screen';
import { Empty, Failed, Loading, messageOf } from '../../components/States';
import { Text } from '../../components/Text';
import { useUser } from '../../context/AuthContext';
import { useServices } from '../../context/ServicesContext';
import { useSay } from '../../context/ToastContext';
import { momentText } from '../../domain/dates';
import { useGo, type StackParams } from '../../navigation/routes';
import { usePerson, usePresence } from '../../state/queries/desk';
import { keys } from '../../state/keys';
import { en } from '../../strings/en';
import { makeStyles } from '../../theme/ThemeContext';
import { space } from '../../theme/tokens';

const t = en.desk;

export function PersonScreen() {
  const { id } = useRoute<RouteProp<StackParams, 'Person'>>().params;
  const go = useGo();
  const query = usePerson(id);
  return (
    <Screen title={query.data?.name ?? t.person} onBack={go.back}>
      {query.isPending ? (
        <Loading />
      ) : query.data !== undefined ? (
        <Detail person={query.data} />
      ) : query.error instanceof ApiError && query.error.status === 404 ? (
        <Empty icon="people" title={t.noPeople} text={t.noPeopleText} />
      ) : (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      )}
    </Screen>
  );
}

function Detail({ person }: { person: Account }) {
  const styles = useStyles();
  const me = useUser();
  const { api } = useServices();
  const queryClient = useQueryClient();
  const say = useSay();
  const online = usePresence();
  const [asking, setAsking] = useState<{ title: string; text?: string; yes: string; danger?: boolean; body: UserChange } | null>(null);
  const [busy, setBusy] = useState(false);

  const change = async (body: UserChange) => {
    setBusy(true);
    try {
      await api.changeUser(person.id, body);
      await queryClient.invalidateQueries({ queryKey: keys.people });
      say(t.saved);
    } catch (error) {
      say(messageOf(error));
    }
    setBusy(false);
    setAsking(null);
  };
  const ownRow = person.id === me.id;
  return (
    <>
      <Card>
        <Text selectable>{person.email}</Text>
        {person.phone !== undefined && <Text selectable>{person.phone}</Text>}
        <Text tone={person.active ? 'muted' : 'dangerText'} testID="standing">
          {[t.roles[person.role], person.active ? t.active : t.inactive, online?.includes(person.id) ? en.bookings.detail.online : ''].filter(Boolean).join(' · ')}
        </Text>
        <Text kind="caption" tone="muted">
          {t.joined(momentText(person.createdAt, new Date()))}
        </Text>
      </Card>
      {!ownRow && (
        <Card title={t.role}>
          <View style={styles.actions}>
            {(['customer', 'staff', 'admin'] as const satisfies readonly Role[])
              .filter((role) => role !== person.role)
              .map((role) => (
                <Button
                  key={role}
                  kind="secondary"
                  title={t.roles[role]}
                  onPress={() => setAsking({ title: t.changeRoleAsk(person.name, t.roles[role].toLowerCase()), text: t.changeRoleText, yes: en.common.ok, body: { role } })}
                />
              ))}
          </View>
          {person.active ? (
            <Button
              kind="danger"
              title={t.deactivate}
              onPress={() => setAsking({ title: t.deactivateAsk(person.name), text: t.deactivateText, yes: t.deactivate, danger: true, body: { active: false } })}
            />
          ) : (
            <Button title={t.activate} busy={busy} onPress={() => void change({ active: true })} />
          )}
        </Card>
      )}
      <Confirm
        visible={asking !== null}
        title={asking?.title ?? ''}
        text={asking?.text}
        yes={asking?.yes ?? en.common.ok}
        danger={asking?.danger}
        busy={busy}
        onNo={() => setAsking(null)}
        onYes={() => asking && void change(asking.body)}
      />
    </>
  );
}

const useStyles = makeStyles(() => ({ actions: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s } }));
