// What a screen shows where it has nothing to show.

import { useEffect, useState } from 'react';
import { ActivityIndicator, View } from 'react-native';

import { ApiError } from '../api/error';
import { useAnnounced } from '../hooks/useAnnounced';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { measure, radius, space } from '../theme/tokens';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';
import { Text } from './Text';

interface EmptyProps {
  icon: IconName;
  title: string;
  text: string;
  action?: { title: string; onPress: () => void };
}

export function Empty({ icon, title, text, action }: EmptyProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  return (
    <View style={styles.middle}>
      <View style={styles.disc}>
        <Icon name={icon} size={30} color={colors.accentSoft.text} />
      </View>
      <Text kind="title" heading={2} center>
        {title}
      </Text>
      <Text tone="muted" center style={styles.text}>
        {text}
      </Text>
      {action && <Button title={action.title} onPress={action.onPress} kind="secondary" />}
    </View>
  );
}

// Failed says what went wrong, and offers to try again.
export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const styles = useStyles();
  const reference = error instanceof ApiError ? error.requestId : undefined;
  return (
    <View style={styles.middle} role="alert">
      <Text kind="title" heading={2} center>
        {en.failures.title}
      </Text>
      <Text tone="muted" center style={styles.text}>
        {messageOf(error)}
      </Text>
      {reference !== undefined && (
        <Text kind="caption" tone="muted" center selectable>
          {en.failures.reference(reference)}
        </Text>
      )}
      <Button title={en.common.retry} onPress={onRetry} kind="secondary" />
    </View>
  );
}

// Problem says above a form, or in it, what kept it from being done.
export function Problem({ text }: { text: string | undefined }) {
  useAnnounced(text);
  return text === undefined ? null : (
    <Text tone="dangerText" role="alert">
      {text}
    </Text>
  );
}

// Stale says in one line that what is shown could not be loaded again, or not be continued.
export function Stale({ title, error, onRetry }: { title: string; error: unknown; onRetry: () => void }) {
  const styles = useStyles();
  return (
    <View style={styles.stale} role="alert" testID="stale">
      <Text kind="caption" style={styles.staleText}>
        {title} {messageOf(error)}
      </Text>
      <Button kind="plain" title={en.common.retry} onPress={onRetry} />
    </View>
  );
}

// messageOf is an error as a sentence for a person.
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : en.failures.unreadable;
}

// Loading shows nothing for a moment: most answers are there before a wheel would help.
export function Loading({ label = en.common.loading }: { label?: string }) {
  const styles = useStyles();
  const { colors } = useTheme();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <View style={styles.middle} role="status" aria-label={label} aria-busy>
      {late && <ActivityIndicator color={colors.accent} />}
    </View>
  );
}

interface Pages {
  error: unknown;
  isRefetchError: boolean;
  isFetchNextPageError: boolean;
  isFetchingNextPage: boolean;
  hasNextPage: boolean;
  refetch: () => unknown;
  fetchNextPage: () => unknown;
}

// Outdated stands above a list that could not be loaded again.
export function Outdated({ list }: { list: Pick<Pages, 'error' | 'isRefetchError' | 'refetch'> }) {
  return list.isRefetchError ? <Stale title={en.failures.stale} error={list.error} onRetry={() => void list.refetch()} /> : null;
}

// CutShort stands below a list whose next page could not be loaded.
export function CutShort({ list }: { list: Pages }) {
  return list.isFetchNextPageError ? <Stale title={en.failures.cutShort} error={list.error} onRetry={() => void list.fetchNextPage()} /> : null;
}

// goOn loads a list's next page. One that failed is loaded when somebody asks for it, rather than at every touch.
export function goOn(list: Pages): void {
  if (list.hasNextPage && !list.isFetchingNextPage && !list.isFetchNextPageError) {
    void list.fetchNextPage();
  }
}

const useStyles = makeStyles((colors) => ({
  middle: { flexGrow: 1, alignItems: 'center', justifyContent: 'center', gap: space.m, padding: space.xl, minHeight: 220 },
  disc: { width: 64, height: 64, borderRadius: radius.round, backgroundColor: colors.accentSoft.ground, alignItems: 'center', justifyContent: 'center' },
  text: { maxWidth: measure / 2 },
  stale: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s, paddingHorizontal: space.m, marginBottom: space.s, borderRadius: radius.m, backgroundColor: colors.warning.ground },
  staleText: { color: colors.warning.text, flexGrow: 1, flexShrink: 1, flexBasis: 180 },
}));
