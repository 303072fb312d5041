import { findServer } from './address';

export function serverAddress(): string {
  return findServer({ configured: process.env.EXPO_PUBLIC_SERVER_URL, os: 'web', origin: globalThis.location?.origin, developing: __DEV__ });
}
