// Batch hands events over in batches: the first at once, what follows closely together a little later. So a single change
// is seen immediately, and two hundred a second cost ten renderings.

export class Batch<T> {
  private waiting: T[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;

  constructor(
    private readonly take: (items: T[]) => void,
    private readonly distance = 100, // milliseconds between two batches
  ) {}

  add(item: T): void {
    if (this.stopped) {
      return;
    }
    this.waiting.push(item);
    if (this.timer === null) {
      this.flush();
    }
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.waiting = [];
  }

  private flush(): void {
    this.timer = null;
    if (this.waiting.length === 0) {
      return;
    }
    const items = this.waiting;
    this.waiting = [];
    this.timer = setTimeout(() => this.flush(), this.distance);
    this.take(items);
  }
}
