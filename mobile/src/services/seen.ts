// Seen remembers the newest ids it was asked about.
export class Seen {
  private readonly ids = new Set<string>();

  constructor(private readonly limit = 5_000) {}

  // first reports whether an id is new, and remembers it.
  first(id: string): boolean {
    if (this.ids.has(id)) {
      return false;
    }
    this.ids.add(id);
    if (this.ids.size > this.limit) {
      const oldest = this.ids.values().next();
      if (!oldest.done) {
        this.ids.delete(oldest.value);
      }
    }
    return true;
  }
}
