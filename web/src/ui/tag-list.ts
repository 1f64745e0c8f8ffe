/** `tags` with what was typed behind; the same array when nothing is new. */
export function addTags(tags: readonly string[], typed: readonly string[]): readonly string[] {
  const known = new Set(tags.map((tag) => tag.toLocaleLowerCase()));
  const added: string[] = [];
  for (const part of typed) {
    const tag = part.trim().replaceAll(/\s+/g, ' ');
    const key = tag.toLocaleLowerCase();
    if (tag === '' || known.has(key)) continue;
    known.add(key);
    added.push(tag);
  }
  return added.length === 0 ? tags : [...tags, ...added];
}
