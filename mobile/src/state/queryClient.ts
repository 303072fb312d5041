import { QueryClient } from '@tanstack/react-query';

import { isPassing } from '../api/error';
import { keys } from './keys';

const tries = 2;

// createQueryClient makes the cache of everything the server said. Events keep it fresh; what a cut line made stale is
// loaded again when the line is back (see live/), so neither focus nor network has to.
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5 * 60_000,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always', // the server may be in this very machine
        retry: (failures, error) => failures < tries && isPassing(error),
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 4_000),
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
  // Who is online is asked once a connection and kept up by events, whether or not a screen shows it.
  client.setQueryDefaults(keys.presence, { gcTime: Infinity });
  return client;
}
