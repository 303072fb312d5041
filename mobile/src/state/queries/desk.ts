import { skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import type { Account, AccountsAnswer } from '../../api/contract';
import { useServices } from '../../context/ServicesContext';
import { keys, type PeopleFilter } from '../keys';

export function useOverview() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.overview, queryFn: async ({ signal }) => (await api.overview(signal)).data });
}

export function useDaily() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.daily, queryFn: async ({ signal }) => (await api.daily(signal)).data });
}

const pageSize = 50;

export function usePeople(filter: PeopleFilter) {
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: keys.peopleList(filter),
    queryFn: ({ pageParam, signal }) => api.users({ ...filter, skip: pageParam, limit: pageSize }, signal),
    initialPageParam: 0,
    getNextPageParam: (last: AccountsAnswer, pages) => (last.count < pageSize ? undefined : pages.length * pageSize),
  });
  return { ...query, rows: query.data?.pages.flatMap((page) => page.data) ?? [], total: query.data?.pages[0]?.totalCount ?? 0 };
}

export function usePerson(id: string) {
  const { api } = useServices();
  return useQuery({ queryKey: keys.person(id), queryFn: async ({ signal }) => (await api.user(id, signal)).user });
}

// useAssignable are those a booking can be assigned to.
export function useAssignable(wanted: boolean) {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.assignable,
    queryFn: wanted
      ? async ({ signal }): Promise<Account[]> => {
          const answers = await Promise.all((['staff', 'admin'] as const).map((role) => api.users({ role, active: true, limit: 100 }, signal)));
          return answers.flatMap((answer) => answer.data).sort((a, b) => a.name.localeCompare(b.name));
        }
      : skipToken,
  });
}

const none: readonly string[] = [];

// usePresence are the ids of those who are online, as far as one may know; undefined before the server has said so.
export function usePresence(): readonly string[] | undefined {
  return useQuery<string[]>({ queryKey: keys.presence, queryFn: skipToken }).data;
}

// useTyping are the ids of those who are typing on a booking.
export function useTyping(bookingId: string): readonly string[] {
  return useQuery<string[]>({ queryKey: keys.typing(bookingId), queryFn: skipToken }).data ?? none;
}
