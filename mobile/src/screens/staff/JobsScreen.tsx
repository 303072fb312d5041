import { useMemo } from 'react';
import { RefreshControl, SectionList } from 'react-native';

import type { Booking } from '../../api/contract';
import { BookingCard } from '../../components/BookingCard';
import { IconButton } from '../../components/IconButton';
import { Screen } from '../../components/Screen';
import { Empty, Failed, Loading, Outdated } from '../../components/States';
import { Text } from '../../components/Text';
import { useUser } from '../../context/AuthContext';
import { agendaOf, type Agenda } from '../../domain/dates';
import { useGo } from '../../navigation/routes';
import { useJobs } from '../../state/queries/jobs';
import { en } from '../../strings/en';
import { makeStyles, useTheme } from '../../theme/ThemeContext';
import { measure, space } from '../../theme/tokens';

const order: readonly Agenda[] = ['today', 'overdue', 'upcoming', 'undated'];

// sectionsOf puts jobs in the order in which they are to be done.
export function sectionsOf(jobs: readonly Booking[], now: Date): { title: string; data: Booking[] }[] {
  const byTime = [...jobs].sort((a, b) => (a.preferredDateTime ?? a.createdAt).localeCompare(b.preferredDateTime ?? b.createdAt));
  return order
    .map((agenda) => ({ title: en.bookings[agenda], data: byTime.filter((job) => agendaOf(job.preferredDateTime, now) === agenda) }))
    .filter((section) => section.data.length > 0);
}

// JobsScreen is what a staff member has to do, today's jobs first.
export function JobsScreen() {
  const styles = useStyles();
  const { colors } = useTheme();
  const user = useUser();
  const go = useGo();
  const jobs = useJobs(user.id);
  const sections = useMemo(() => sectionsOf(jobs.data ?? [], new Date()), [jobs.data]);
  return (
    <Screen title={en.bookings.jobs} scroll={false} actions={<IconButton icon="reload" label={en.common.reload} onPress={() => void jobs.refetch()} />}>
      {jobs.isPending ? (
        <Loading />
      ) : jobs.isError && jobs.data === undefined ? (
        <Failed error={jobs.error} onRetry={() => void jobs.refetch()} />
      ) : (
        <SectionList
          sections={sections}
          keyExtractor={(job) => job._id}
          renderItem={({ item }) => <BookingCard booking={item} onOpen={go.booking} who />}
          renderSectionHeader={({ section }) => (
            <Text kind="strong" heading={2} style={styles.head}>
              {section.title}
            </Text>
          )}
          ListHeaderComponent={<Outdated list={jobs} />}
          stickySectionHeadersEnabled={false}
          contentContainerStyle={styles.content}
          refreshControl={<RefreshControl refreshing={jobs.isRefetching} onRefresh={() => void jobs.refetch()} tintColor={colors.accent} />}
          ListEmptyComponent={<Empty icon="check" title={en.bookings.noJobs} text={en.bookings.noJobsText} />}
        />
      )}
    </Screen>
  );
}

const useStyles = makeStyles(() => ({
  head: { paddingVertical: space.s },
  content: { width: '100%', maxWidth: measure + 2 * space.l, alignSelf: 'center', paddingHorizontal: space.l, paddingBottom: space.xl, flexGrow: 1 },
}));
