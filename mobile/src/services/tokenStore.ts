// Where the token lies between two starts: the keychain of the phone.

import * as SecureStore from 'expo-secure-store';

const key = 'desk.token';

export const tokenStore = {
  read: (): Promise<string | null> => SecureStore.getItemAsync(key),
  write: (token: string): Promise<void> => SecureStore.setItemAsync(key, token),
  clear: (): Promise<void> => SecureStore.deleteItemAsync(key),
};

export type TokenStore = typeof tokenStore;
