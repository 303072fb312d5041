// Only some browsers tell what the network is, those of phones among them.
interface Connection extends EventTarget {
  type?: string;
}

export function watchNetwork(tell: (online: boolean, type?: string) => void): () => void {
  const { connection } = navigator as Navigator & { connection?: Connection };
  const changed = () => tell(navigator.onLine, connection?.type);
  window.addEventListener('online', changed);
  window.addEventListener('offline', changed);
  connection?.addEventListener('change', changed);
  changed();
  return () => {
    window.removeEventListener('online', changed);
    window.removeEventListener('offline', changed);
    connection?.removeEventListener('change', changed);
  };
}

export function watchForeground(tell: () => void): () => void {
  const changed = () => {
    if (document.visibilityState === 'visible') {
      tell();
    }
  };
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}
