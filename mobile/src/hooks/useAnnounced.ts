import { useEffect } from 'react';
import { AccessibilityInfo, Platform } from 'react-native';

// announce reads something out where live regions do not: iOS has none.
export function announce(text: string): void {
  if (Platform.OS === 'ios') {
    AccessibilityInfo.announceForAccessibility(text);
  }
}

// useAnnounced announces a text when it appears or changes.
export function useAnnounced(text: string | undefined): void {
  useEffect(() => {
    if (text !== undefined) {
      announce(text);
    }
  }, [text]);
}
