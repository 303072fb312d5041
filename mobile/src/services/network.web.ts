export function watchNetwork(tell: (online: boolean) => void): () => void {
  const up = () => tell(true);
  const down = () => tell(false);
  window.addEventListener('online', up);
  window.addEventListener('offline', down);
  tell(navigator.onLine);
  return () => {
    window.removeEventListener('online', up);
    window.removeEventListener('offline', down);
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
