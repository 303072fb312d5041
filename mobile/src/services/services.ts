import type { QueryClient } from '@tanstack/react-query';

import { createClient } from '../api/client';
import { createApi, type Api } from '../api/endpoints';
import type { ApiError } from '../api/error';
import { serverAddress } from '../config/server';
import { createQueryClient } from '../state/queryClient';
import { Latest } from '../state/reducers/latest';
import { en } from '../strings/en';
import socketService, { type SocketService } from './socketService';
import { storage } from './storage';
import { Submissions } from './submissions';
import { tokenStore, type TokenStore } from './tokenStore';

// Services are the parts of the app that are no components. Tests make their own.
export interface Services {
  api: Api;
  socket: SocketService;
  queryClient: QueryClient;
  latest: Latest;
  tokenStore: TokenStore;
  storage: typeof storage;
  submissions: Submissions;
  login: Login;
  // viewing is the booking on the screen: nobody is alerted of what they are looking at.
  viewing: { id: string | null };
}

// Login is the present login as the API client needs it; AuthContext owns it.
export interface Login {
  token: string | null;
  onRefused: (error: ApiError, token: string) => void;
}

export function createServices(socket: SocketService = socketService, baseUrl = serverAddress()): Services {
  const login: Login = { token: null, onRefused: () => undefined };
  const client = createClient({
    baseUrl,
    token: () => login.token,
    onRefused: (error, token) => login.onRefused(error, token),
    texts: en.failures,
  });
  const api = createApi(client);
  return {
    api,
    submissions: new Submissions({ api, storage }),
    socket,
    queryClient: createQueryClient(),
    latest: new Latest(),
    tokenStore,
    storage,
    login,
    viewing: { id: null },
  };
}
