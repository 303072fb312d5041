// Who is online and who is typing: volatile facts, kept as sorted lists of user ids.

export function withUser(ids: readonly string[] | undefined, id: string, there: boolean): string[] {
  const known = ids ?? [];
  if (known.includes(id) === there) {
    return known as string[];
  }
  return there ? [...known, id].sort() : known.filter((one) => one !== id);
}
