import { useQuery } from '@tanstack/react-query';

import type { Booking, Status } from '../../api/contract';
import { useServices } from '../../context/ServicesContext';
import { keys } from '../keys';

// Nobody has more open jobs than this and still looks at the last one.
const most = 100;

// useJobs are a staff member's open jobs.
export function useJobs(userId: string) {
  const { api, latest } = useServices();
  return useQuery<Booking[]>({
    queryKey: keys.jobs(userId),
    queryFn: async ({ signal }) => {
      const load = (status: Status) =>
        api.allBookings({ assignedTo: userId, status, sort: 'preferredDateTime', order: 'asc', limit: most }, signal);
      const answers = await Promise.all([load('Scheduled'), load('Pending')]);
      return answers.flatMap((answer) => answer.data).map((booking) => latest.over(booking));
    },
  });
}
