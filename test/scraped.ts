/** What a scrape says, as a program that reads it would have it. */
export interface Scraped {
  /** Names as they stand in `# TYPE`, with their type. */
  readonly types: ReadonlyMap<string, string>;
  /** Names of all lines, those of histograms with their ending. */
  readonly names: ReadonlySet<string>;
  /** The sum of all lines of this name that have these labels; undefined when there is none. */
  valueOf(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

/** Reads the text format of Prometheus; throws at a line that is none. */
export function readScrape(text: string): Scraped {
  const types = new Map<string, string>();
  const lines: { name: string; labels: Record<string, string>; value: number }[] = [];
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('# HELP'))) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed && type) {
      types.set(typed, type);
      continue;
    }
    const [, name = '', labelText = '', value] = LINE.exec(line) ?? [];
    if (name === '') throw new Error(`No line of a scrape: ${line}`);
    const labels = Object.fromEntries(
      [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((match) => [match[1], match[2]]),
    );
    lines.push({ name, labels, value: Number(value) });
  }
  return {
    types,
    names: new Set(lines.map(({ name }) => name)),
    valueOf: (name, labels = {}) => {
      const found = lines.filter(
        (line) =>
          line.name === name &&
          Object.entries(labels).every(([label, value]) => line.labels[label] === value),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
