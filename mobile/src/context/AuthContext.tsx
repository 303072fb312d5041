// Who is signed in. Only the token is kept on the device; who that is, and what they may do, the server says at each start,
// so nothing that somebody writes into the storage makes them anybody else.

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import type { Credentials, PasswordChange, Registration, SignedInAnswer, User } from '../api/contract';
import { isPassing, isRefusedToken } from '../api/error';
import { watchNetwork } from '../services/network';
import { en } from '../strings/en';
import { useServices } from './ServicesContext';

export type AuthState =
  | { phase: 'starting' }
  | { phase: 'unreachable' } // a token is there, but nobody to say whose
  | { phase: 'signedOut'; reason?: string }
  | { phase: 'signedIn'; user: User };

export interface Auth {
  state: AuthState;
  signIn: (credentials: Credentials) => Promise<void>;
  signUp: (registration: Registration) => Promise<void>;
  // signOut always succeeds here. It returns false where the server could not be told.
  signOut: () => Promise<boolean>;
  changePassword: (change: PasswordChange) => Promise<void>;
  userChanged: (user: User) => void;
  retry: () => void;
}

const Context = createContext<Auth | null>(null);

const retryDelays = [1_000, 2_000, 4_000, 8_000];

export function AuthProvider({ children }: { children: ReactNode }) {
  const { api, socket, queryClient, latest, tokenStore, login } = useServices();
  const [state, setState] = useState<AuthState>({ phase: 'starting' });
  const changingPassword = useRef(false);

  const leave = useCallback(
    async (reason?: string) => {
      socket.disconnect();
      login.token = null;
      queryClient.clear();
      latest.clear();
      setState({ phase: 'signedOut', reason });
      await tokenStore.clear();
    },
    [socket, login, queryClient, latest, tokenStore],
  );

  const enter = useCallback(
    async ({ token, user }: SignedInAnswer) => {
      login.token = token;
      socket.connect(token);
      setState({ phase: 'signedIn', user });
      await tokenStore.write(token);
    },
    [login, socket, tokenStore],
  );

  const refused = useCallback(
    (code: string, token: string) => {
      if (token === login.token && !changingPassword.current) {
        void leave(en.auth.ended[code] ?? en.auth.ended.revoked_token);
      }
    },
    [login, leave],
  );

  const resume = useCallback(async () => {
    // A keychain that cannot be read keeps nobody from signing in.
    const token = login.token ?? (await tokenStore.read().catch(() => null));
    if (token === null) {
      setState({ phase: 'signedOut' });
      return;
    }
    login.token = token;
    try {
      const { user } = await api.me(token);
      if (login.token !== token) {
        return; // signed out while the server was asked
      }
      socket.connect(token);
      setState({ phase: 'signedIn', user });
    } catch (error) {
      if (isRefusedToken(error)) {
        refused(error.code, token);
        return;
      }
      if (login.token === token) {
        setState({ phase: 'unreachable' });
      }
    }
  }, [api, socket, tokenStore, login, refused]);

  useEffect(() => {
    login.onRefused = (error, token) => refused(error.code, token);
    const off = socket.onRefused((code, token) => {
      if (code !== '') {
        refused(code, token);
        return;
      }
      // The server ended the connection for good without a word about the token: ask, and come back if it is still good.
      api.me(token).then(
        () => token === login.token && socket.connect(token),
        (error: unknown) => isPassing(error) && setTimeout(() => token === login.token && socket.connect(token), retryDelays[1]),
      );
    });
    void resume();
    return off;
  }, [api, socket, login, refused, resume]);

  useRetry(state.phase === 'unreachable', resume);

  const auth = useMemo<Auth>(
    () => ({
      state,
      signIn: async (credentials) => enter(await api.login(credentials)),
      signUp: async (registration) => enter(await api.register(registration)),
      signOut: async () => {
        const token = login.token;
        await leave();
        if (token === null) {
          return true;
        }
        return api.logout(token).then(
          () => true,
          (error: unknown) => isRefusedToken(error),
        );
      },
      changePassword: async (change) => {
        changingPassword.current = true; // the old token's end is no surprise
        try {
          await enter(await api.changePassword(change));
        } finally {
          changingPassword.current = false;
        }
      },
      userChanged: (user) => setState({ phase: 'signedIn', user }),
      retry: () => void resume(),
    }),
    [state, api, login, enter, leave, resume],
  );

  return <Context.Provider value={auth}>{children}</Context.Provider>;
}

// useRetry calls retry again and again while wanted, and at once when the network returns.
function useRetry(wanted: boolean, retry: () => Promise<void>) {
  useEffect(() => {
    if (!wanted) {
      return undefined;
    }
    let tries = 0;
    let timer: ReturnType<typeof setTimeout>;
    const again = () => {
      void retry();
      timer = setTimeout(again, retryDelays[Math.min(++tries, retryDelays.length - 1)]);
    };
    timer = setTimeout(again, retryDelays[0]);
    let before = true;
    const off = watchNetwork((online) => {
      if (online && !before) {
        void retry();
      }
      before = online;
    });
    return () => {
      clearTimeout(timer);
      off();
    };
  }, [wanted, retry]);
}

export function useAuth(): Auth {
  const auth = useContext(Context);
  if (auth === null) {
    throw new Error('useAuth outside of AuthProvider');
  }
  return auth;
}

// useUser returns who is signed in. Only screens behind the sign-in may ask.
export function useUser(): User {
  const { state } = useAuth();
  if (state.phase !== 'signedIn') {
    throw new Error('useUser without a sign-in');
  }
  return state.user;
}
