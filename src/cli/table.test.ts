import { describe, expect, it } from 'vitest';
import { type TableColumn, tableLines } from './table.ts';
import { displayWidth } from './terminal-text.ts';

interface Row {
  readonly when: string;
  readonly title: string;
  readonly size: string;
}

const COLUMNS: readonly TableColumn<Row>[] = [
  { title: 'WHEN', text: (row) => row.when, dropOrder: 1 },
  { title: 'TITLE', text: (row) => row.title, isFlexible: true },
  { title: 'SIZE', text: (row) => row.size, align: 'right', dropOrder: 2 },
];
const ROWS: readonly Row[] = [
  { when: '2026-11-22 21:32', title: '会議の録音、とても長い題名のままで', size: '1.6 GB' },
  { when: '2026-11-22 21:33', title: 'Short', size: '12 kB' },
];

describe('tableLines', () => {
  it('lines columns up and ends no line with spaces', () => {
    expect(tableLines(COLUMNS, ROWS.slice(1), 80)).toEqual([
      'WHEN              TITLE   SIZE',
      '2026-11-22 21:33  Short  12 kB',
    ]);
  });

  it('stays within the width, whatever the width', () => {
    for (const width of [20, 30, 40, 44, 60, 200]) {
      for (const line of tableLines(COLUMNS, ROWS, width))
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it('shortens the flexible column first, then leaves columns out in their order', () => {
    const [atForty] = tableLines(COLUMNS, ROWS, 40);
    expect(atForty).toContain('SIZE');
    const [atThirty] = tableLines(COLUMNS, ROWS, 36);
    expect(atThirty).toContain('WHEN');
    expect(atThirty).not.toContain('SIZE');
    expect(tableLines(COLUMNS, ROWS, 20)[0]).toBe('TITLE');
  });

  it('shortens nothing when there is no terminal', () => {
    expect(tableLines(COLUMNS, ROWS, Number.POSITIVE_INFINITY).join('\n')).toContain(ROWS[0]!.title);
  });
});
