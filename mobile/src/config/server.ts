import Constants from 'expo-constants';
import * as Device from 'expo-device';
import { Platform } from 'react-native';

import { findServer } from './address';

export function serverAddress(): string {
  return findServer({
    configured: process.env.EXPO_PUBLIC_SERVER_URL,
    os: Platform.OS,
    isDevice: Device.isDevice,
    packager: Constants.expoConfig?.hostUri,
  });
}
