// A browser may refuse its storage (private windows, full disks). Then things are kept as long as the page.

const kept = new Map<string, string>();

function attempt<T>(act: (store: Storage) => T, otherwise: () => T): Promise<T> {
  try {
    return Promise.resolve(act(window.localStorage));
  } catch {
    return Promise.resolve(otherwise());
  }
}

export const storage = {
  read: (key: string): Promise<string | null> => attempt((s) => s.getItem(key), () => kept.get(key) ?? null),
  write: (key: string, value: string): Promise<void> => attempt((s) => s.setItem(key, value), () => void kept.set(key, value)),
  clear: (key: string): Promise<void> => attempt((s) => s.removeItem(key), () => void kept.delete(key)),
};
