import { useState } from 'react';
import type { Recommendation } from '../../../src/model/cleanup.ts';
import { useCleanupProgress, useSession } from '../api/queries.ts';
import { formatBytes } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { useCleanup } from './use-cleanup.ts';

const words = STRINGS.storage;
const SHOWN = 20;

/** What could go, each with what it frees and what is lost. Nothing goes before a button and a second one. */
export function Recommendations({ items }: { readonly items: readonly Recommendation[] }) {
  const [asked, setAsked] = useState<Recommendation>();
  const cleanup = useCleanup();
  const isAdmin = useSession().data?.role === 'admin';
  return (
    <section aria-labelledby="storage-could" className="sheet p-5">
      <h2 id="storage-could" className="font-semibold">
        {words.could}
      </h2>
      <p className="text-ink-soft">
        {items.length === 0 ? words.nothingCould : isAdmin ? words.couldBody : words.onlyAdmins}
      </p>
      <ul className="mt-2 divide-y divide-line">
        {items.map((item) => (
          <Item
            key={item.kind}
            item={item}
            isRunning={cleanup.running === item.kind}
            onAsk={isAdmin && cleanup.running === undefined ? () => setAsked(item) : undefined}
          />
        ))}
      </ul>
      {asked ? (
        <ConfirmDialog
          heading={words.confirmHeading(words.cleanupNames[asked.kind])}
          body={asked.message}
          action={
            asked.freesBytes === 0 || asked.kind === 'duplicates'
              ? words.confirmTrash
              : words.confirmNow(formatBytes(asked.freesBytes))
          }
          onClose={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined);
            cleanup.letGo(asked);
          }}
        />
      ) : null}
    </section>
  );
}

interface ItemProps {
  readonly item: Recommendation;
  readonly isRunning: boolean;
  /** Undefined while it cannot be asked for. */
  readonly onAsk: (() => void) | undefined;
}

function Item({ item, isRunning, onAsk }: ItemProps) {
  const { kind, risk, message, freesBytes, examples } = item;
  const name = words.cleanupNames[kind];
  const frees = kind === 'duplicates' ? words.freesLater : words.frees(formatBytes(freesBytes));
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 py-4">
      <div className="min-w-60 flex-1">
        <h3 className="font-semibold">{name}</h3>
        <p className="digits text-sm text-ink-soft">
          {frees} · <span className={risk === 'final' ? 'text-record' : ''}>{words.risks[risk]}</span>
        </p>
        <p className="mt-1">{message}</p>
        <details className="mt-1 text-sm text-ink-soft">
          <summary className="w-fit text-petrol">{words.examples(Math.min(SHOWN, examples.length))}</summary>
          <ul className="digits mt-1">
            {examples.slice(0, SHOWN).map(({ id, name: example, bytes }) => (
              <li key={id ?? example}>
                {example} · {formatBytes(bytes)}
              </li>
            ))}
          </ul>
        </details>
        {isRunning ? <Progress name={name} /> : null}
      </div>
      <button
        type="button"
        className={`button ${risk === 'final' ? 'text-record' : ''}`}
        aria-label={words.letGoOf(name)}
        disabled={onAsk === undefined}
        onClick={onAsk}
      >
        {words.letGo}
      </button>
    </li>
  );
}

function Progress({ name }: { readonly name: string }) {
  const progress = useCleanupProgress();
  const number = new Intl.NumberFormat();
  const share = progress && progress.totalCount > 0 ? progress.doneCount / progress.totalCount : undefined;
  return (
    <div className="mt-2">
      <ProgressBar label={name} share={share} />
      <p role="status" className="digits text-sm text-ink-soft">
        {progress
          ? words.working(number.format(progress.doneCount), number.format(progress.totalCount))
          : words.begun}
      </p>
    </div>
  );
}
