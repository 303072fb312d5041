import { useCallback, useMemo, useRef, useState, type ComponentRef } from 'react';
import type { LayoutChangeEvent, NativeScrollEvent, NativeSyntheticEvent, ScrollView } from 'react-native';

// This close to the end counts as there, in points.
const near = 32;

// useEnd follows the end of what scrolls: whether it is in view, and the way there.
export function useEnd() {
  const ref = useRef<ComponentRef<typeof ScrollView>>(null);
  const measured = useRef({ height: 0, content: 0, offset: 0 });
  const following = useRef(false);
  const [inView, setInView] = useState(false);

  const measure = useCallback((now: Partial<typeof measured.current>) => {
    const { height, content, offset } = Object.assign(measured.current, now);
    setInView(height > 0 && content > 0 && offset + height >= content - near);
  }, []);
  const go = useCallback(() => ref.current?.scrollToEnd({ animated: true }), []);
  // follow goes there as soon as what was added is laid out.
  const follow = useCallback(() => {
    following.current = true;
  }, []);

  const props = useMemo(
    () => ({
      ref,
      scrollEventThrottle: 50,
      onLayout: ({ nativeEvent }: LayoutChangeEvent) => measure({ height: nativeEvent.layout.height }),
      onContentSizeChange: (_: number, content: number) => {
        measure({ content });
        if (following.current) {
          following.current = false;
          ref.current?.scrollToEnd({ animated: false });
        }
      },
      onScroll: ({ nativeEvent }: NativeSyntheticEvent<NativeScrollEvent>) =>
        measure({ height: nativeEvent.layoutMeasurement.height, content: nativeEvent.contentSize.height, offset: nativeEvent.contentOffset.y }),
    }),
    [measure],
  );
  return { props, inView, go, follow };
}
