import { useCallback } from 'react';
import { Linking } from 'react-native';

import { useSay } from '../context/ToastContext';
import { en } from '../strings/en';

// useLink returns what opens an address in another app, and says so where there is none for it.
export function useLink(): (url: string) => void {
  const say = useSay();
  return useCallback((url) => void Linking.openURL(url).catch(() => say(en.failures.noApp)), [say]);
}
