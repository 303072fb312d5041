// Whether the device has a network, and when the app comes back to the foreground.

import * as Network from 'expo-network';
import { AppState } from 'react-native';

// watchNetwork tells whether there is a network and of which type, now and after every change.
export function watchNetwork(tell: (online: boolean, type?: string) => void): () => void {
  let first = true;
  const changed = ({ isConnected, type }: Network.NetworkState) => {
    first = false;
    tell(isConnected !== false, type);
  };
  const subscription = Network.addNetworkStateListener(changed);
  Network.getNetworkStateAsync().then(
    (state) => first && changed(state), // it may come after a change, and be older
    () => first && changed({}),
  );
  return () => {
    first = false;
    subscription.remove();
  };
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
