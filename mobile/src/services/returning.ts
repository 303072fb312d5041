import { watchForeground, watchNetwork } from './network';

// watchReturn tells when a connection wants to be looked after: the app has come to the foreground, the network is back, or
// it is another one. From Wi-Fi to mobile data a phone need not be offline for a moment, and yet what was connected is dead.
export function watchReturn(tell: () => void): () => void {
  let before: { online: boolean; type?: string } | undefined;
  const offs = [
    watchForeground(tell),
    watchNetwork((online, type) => {
      const other = before !== undefined && (!before.online || before.type !== type);
      before = { online, type };
      if (online && other) {
        tell();
      }
    }),
  ];
  return () => offs.forEach((off) => off());
}
