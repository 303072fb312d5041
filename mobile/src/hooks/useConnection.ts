import { useCallback, useSyncExternalStore } from 'react';

import { useServices } from '../context/ServicesContext';
import type { ConnectionState } from '../services/socketService';

// useConnection is the state of the app's one socket.
export function useConnection(): ConnectionState {
  const { socket } = useServices();
  const subscribe = useCallback((tell: () => void) => socket.onState(tell), [socket]);
  return useSyncExternalStore(subscribe, () => socket.state);
}
