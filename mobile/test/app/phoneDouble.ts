// What stands in for the phone: a test says when it has another network, and when the app goes and comes.

import type { NetworkState } from 'expo-network';
import { AppState, type AppStateStatus } from 'react-native';

type Listener = (state: NetworkState) => void;

export const wifi = { isConnected: true, type: 'WIFI' } as NetworkState;
export const mobileData = { isConnected: true, type: 'CELLULAR' } as NetworkState;
export const none = { isConnected: false, type: 'NONE' } as NetworkState;

const listeners = new Set<Listener>();
let present = wifi;

// network is the module expo-network.
export const network = {
  getNetworkStateAsync: async () => present,
  addNetworkStateListener: (listener: Listener) => {
    listeners.add(listener);
    return { remove: () => void listeners.delete(listener) };
  },
};

export function changeNetwork(state: NetworkState): void {
  present = state;
  [...listeners].forEach((listener) => listener(state));
}

// listening counts who wants to know of the network.
export const listening = () => listeners.size;

// changeApp tells everybody who ever listened, but only those who did not stop.
export function changeApp(state: AppStateStatus): void {
  const { calls, results } = (AppState.addEventListener as jest.Mock).mock;
  calls.forEach(([event, listener], i) => {
    const { remove } = results[i]?.value as { remove: jest.Mock };
    if (event === 'change' && remove.mock.calls.length === 0) {
      listener(state);
    }
  });
}
