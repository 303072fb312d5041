import { memo } from 'react';
import { View } from 'react-native';

import type { Status } from '../api/contract';
import { en } from '../strings/en';
import { useTheme } from '../theme/ThemeContext';
import { radius, space, statusSigns } from '../theme/tokens';
import { Text } from './Text';

// StatusBadge says where a booking stands, by sign, word and colour.
export const StatusBadge = memo(function StatusBadge({ status }: { status: Status }) {
  const { colors } = useTheme();
  const tone = colors.status[status];
  const word = en.bookings.status[status];
  return (
    <View style={[shape, { backgroundColor: tone.ground }]} role="img" aria-label={en.bookings.statusLabel(word)} testID={`status-${status}`}>
      <Text kind="caption" style={{ color: tone.text, fontWeight: '600' }}>
        {statusSigns[status]} {word}
      </Text>
    </View>
  );
});

const shape = { borderRadius: radius.round, paddingHorizontal: space.m, paddingVertical: space.xs, alignSelf: 'flex-start' } as const;
