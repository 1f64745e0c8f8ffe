import { displayWidth, fitColumns } from './terminal-text.ts';

export interface TableColumn<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Gives way, down to its heading, before anything is left out. One column of a table does. */
  readonly isFlexible?: boolean;
  /** Left out on narrow terminals, the highest number first; never when missing. */
  readonly dropOrder?: number;
}

const GAP = '  ';
const LEAST_FLEXIBLE = 12;

/** Lines of a table that is at most `width` columns wide; the first one is the heading. */
export function tableLines<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  const measured = columns.map((column) => {
    const texts = rows.map(column.text);
    return { column, texts, width: widest([column.title, ...texts]) };
  });
  const kept = [...measured];
  const needed = () =>
    kept.reduce((sum, { column, width: own }) => sum + (column.isFlexible ? LEAST_FLEXIBLE : own), 0) +
    GAP.length * (kept.length - 1);
  while (needed() > width) {
    const droppable = kept.filter(({ column }) => column.dropOrder !== undefined);
    if (droppable.length === 0) break;
    const last = droppable.reduce((a, b) => ((b.column.dropOrder ?? 0) > (a.column.dropOrder ?? 0) ? b : a));
    kept.splice(kept.indexOf(last), 1);
  }
  const spare = Math.max(LEAST_FLEXIBLE, width - needed() + LEAST_FLEXIBLE);
  const widths = kept.map(({ column, width: own }) => (column.isFlexible ? Math.min(own, spare) : own));
  const line = (texts: readonly string[]) =>
    kept
      .map(({ column }, i) => fitColumns(texts[i] ?? '', widths[i] ?? 0, column.align))
      .join(GAP)
      .trimEnd();
  return [
    line(kept.map(({ column }) => column.title)),
    ...rows.map((_, row) => line(kept.map(({ texts }) => texts[row] ?? ''))),
  ];
}

function widest(texts: readonly string[]): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, displayWidth(text));
  return width;
}
