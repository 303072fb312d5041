// Whether the device has a network, and when the app comes back to the foreground.

import * as Network from 'expo-network';
import { AppState } from 'react-native';

// watchNetwork tells whether there is a network, now and after every change.
export function watchNetwork(tell: (online: boolean) => void): () => void {
  const reachable = (state: Network.NetworkState) => tell(state.isConnected !== false);
  Network.getNetworkStateAsync().then(reachable, () => tell(true));
  const subscription = Network.addNetworkStateListener(reachable);
  return () => subscription.remove();
}

// watchForeground tells when the app has come to the foreground.
export function watchForeground(tell: () => void): () => void {
  const subscription = AppState.addEventListener('change', (state) => {
    if (state === 'active') {
      tell();
    }
  });
  return () => subscription.remove();
}
