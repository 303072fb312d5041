import { useState } from 'react';
import { FlatList, Pressable, RefreshControl, View } from 'react-native';

import type { Account, Role } from '../../api/contract';
import { Button } from '../../components/Button';
import { Chips } from '../../components/Chips';
import { Icon } from '../../components/Icon';
import { Screen } from '../../components/Screen';
import { SearchField } from '../../components/SearchField';
import { CutShort, Empty, Failed, goOn, Loading, Outdated } from '../../components/States';
import { Text } from '../../components/Text';
import { useGo } from '../../navigation/routes';
import { usePeople, usePresence } from '../../state/queries/desk';
import { en } from '../../strings/en';
import { makeStyles, useTheme } from '../../theme/ThemeContext';
import { measure, radius, space } from '../../theme/tokens';

const t = en.desk;

const roles = [
  { value: undefined, title: t.everybody },
  ...(['customer', 'staff', 'admin'] as const).map((role) => ({ value: role as Role | undefined, title: t.roles[role] })),
];

// PeopleScreen is every account.
export function PeopleScreen() {
  const styles = useStyles();
  const { colors } = useTheme();
  const go = useGo();
  const [role, setRole] = useState<Role>();
  const [search, setSearch] = useState('');
  const list = usePeople({ role, search: search || undefined });
  const online = usePresence();
  return (
    <Screen
      title={t.people}
      scroll={false}
      actions={<Button icon="add" title={t.addPerson} onPress={go.newPerson} />}
      below={
        <>
          <SearchField value={search} onSearch={setSearch} hint={t.peopleSearch} />
          <Chips label={t.role} options={roles} value={role} onChange={setRole} />
        </>
      }
    >
      {list.isPending ? (
        <Loading />
      ) : list.isError && list.rows.length === 0 ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <FlatList
          data={list.rows}
          keyExtractor={(person) => person.id}
          renderItem={({ item }) => <Person person={item} online={online?.includes(item.id) ?? false} onOpen={go.person} />}
          contentContainerStyle={styles.content}
          onEndReached={() => goOn(list)}
          ListHeaderComponent={<Outdated list={list} />}
          ListFooterComponent={<CutShort list={list} />}
          refreshControl={<RefreshControl refreshing={list.isRefetching} onRefresh={() => void list.refetch()} tintColor={colors.accent} />}
          ListEmptyComponent={<Empty icon="people" title={t.noPeople} text={t.noPeopleText} />}
        />
      )}
    </Screen>
  );
}

function Person({ person, online, onOpen }: { person: Account; online: boolean; onOpen: (id: string) => void }) {
  const styles = useStyles();
  const { colors } = useTheme();
  const standing = [t.roles[person.role], person.active ? '' : t.inactive, online ? en.bookings.detail.online : ''].filter(Boolean).join(' · ');
  return (
    <Pressable role="link" aria-label={`${person.name}, ${standing}`} onPress={() => onOpen(person.id)} style={({ pressed }) => [styles.row, pressed && styles.pressed]} testID="person">
      <View style={styles.words}>
        <Text kind="strong" numberOfLines={1}>
          {person.name}
        </Text>
        <Text kind="caption" tone="muted" numberOfLines={1}>
          {person.email}
        </Text>
        <Text kind="caption" tone={person.active ? 'muted' : 'dangerText'}>
          {standing}
        </Text>
      </View>
      <Icon name="chevron" size={18} color={colors.muted} />
    </Pressable>
  );
}

const useStyles = makeStyles((colors) => ({
  content: { width: '100%', maxWidth: measure + 2 * space.l, alignSelf: 'center', paddingHorizontal: space.l, paddingBottom: space.xl, flexGrow: 1 },
  row: { flexDirection: 'row', alignItems: 'center', gap: space.m, padding: space.l, marginBottom: space.s, borderRadius: radius.l, borderWidth: 1, borderColor: colors.line, backgroundColor: colors.surface },
  pressed: { backgroundColor: colors.sunken },
  words: { flex: 1, minWidth: 0, gap: 2 },
}));
