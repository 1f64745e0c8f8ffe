import type { FileCount } from '../api/storage.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { PartsBar } from './parts-bar.tsx';

const words = STRINGS.storage;

/** In the order of the table. The reserve is room, not content: it stands in the table alone. */
const COLOURS: Readonly<Record<string, string>> = {
  originals: 'var(--petrol)',
  edited: 'var(--safe)',
  trash: 'var(--record)',
  derived: 'var(--warn)',
  spool: 'color-mix(in srgb, var(--petrol) 45%, var(--sheet))',
  quarantine: 'color-mix(in srgb, var(--record) 45%, var(--sheet))',
  backup: 'color-mix(in srgb, var(--safe) 45%, var(--sheet))',
  database: 'var(--ink-faint)',
  reserve: 'var(--line-strong)',
};

/** The store by kind: a bar to look at, and the same as a table to read. */
export function KindsPicture({ byKind }: { readonly byKind: Readonly<Record<string, FileCount>> }) {
  const kinds = Object.keys(COLOURS).flatMap((kind) => {
    const found = byKind[kind];
    return found && found.count > 0 ? [{ kind, ...found }] : [];
  });
  const bytes = kinds.reduce((sum, one) => sum + one.bytes, 0);
  const number = new Intl.NumberFormat();
  return (
    <section aria-labelledby="storage-kinds" className="sheet p-5">
      <h2 id="storage-kinds" className="font-semibold">
        {words.kinds}
      </h2>
      <PartsBar
        parts={kinds
          .filter(({ kind }) => kind !== 'reserve')
          .map(({ kind, bytes: size }) => ({ key: kind, size, colour: COLOURS[kind] }))}
      />
      <table className="digits mt-4 w-full text-left">
        <thead className="text-sm text-ink-soft">
          <tr>
            <th className="font-medium">{words.kindHeading}</th>
            <th className="text-right font-medium">{words.filesHeading}</th>
            <th className="w-28 text-right font-medium">{words.sizeHeading}</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map(({ kind, count, bytes: size }) => (
            <tr key={kind} className="border-t border-line">
              <th scope="row" className="flex items-center gap-2.5 py-1.5 font-normal">
                <span
                  aria-hidden="true"
                  className="size-3 shrink-0 rounded-sm"
                  style={{ background: COLOURS[kind] }}
                />
                {words.kindNames[kind]}
              </th>
              <td className="text-right">{number.format(count)}</td>
              <td className="text-right">{formatBytes(size)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="border-t border-line-strong font-semibold">
            <th scope="row" className="py-1.5">
              {words.total}
            </th>
            <td />
            <td className="text-right">{formatBytes(bytes)}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
