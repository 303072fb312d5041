// Small things the app keeps between two starts. Nothing secret: see tokenStore.

import AsyncStorage from '@react-native-async-storage/async-storage';

export const storage = {
  read: (key: string): Promise<string | null> => AsyncStorage.getItem(key),
  write: (key: string, value: string): Promise<void> => AsyncStorage.setItem(key, value),
  clear: (key: string): Promise<void> => AsyncStorage.removeItem(key),
};
