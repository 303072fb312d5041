import { useWindowDimensions } from 'react-native';

import { wide } from '../theme/tokens';

// useWide reports whether there is room for a menu at the side.
export function useWide(): boolean {
  return useWindowDimensions().width >= wide;
}
