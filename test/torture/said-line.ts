/** What a child said in a line of JSON; undefined for the last line of a killed one, which may be cut. */
export function readSaid<Line>(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
