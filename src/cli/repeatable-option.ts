/** Gathers the values of an option that may be given several times. For commander's argument parser. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
