// On the web the token lies in the page's storage. Only the page's own scripts read it, and its policy lets no others run.

import { storage } from './storage';

const key = 'desk.token';

export const tokenStore = {
  read: (): Promise<string | null> => storage.read(key),
  write: (token: string): Promise<void> => storage.write(key, token),
  clear: (): Promise<void> => storage.clear(key),
};
