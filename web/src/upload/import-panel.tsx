import { Link } from '@tanstack/react-router';
import { formatBytes, formatPercent } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { CheckIcon, CloseIcon, CopyIcon, ImportIcon, WarningIcon } from '../ui/icons.tsx';
import { useImportItems, useImportQueue } from './import-context.tsx';
import { type ImportItem, isActive } from './import-queue.ts';

const words = STRINGS.imports;

/** How each dropped or chosen file is doing; stays until it is cleared, so that a refusal is not missed. */
export function ImportPanel() {
  const queue = useImportQueue();
  const items = useImportItems();
  if (items.length === 0) return null;
  const doneCount = items.filter((item) => !isActive(item)).length;
  return (
    <section
      aria-label={words.heading}
      className="sheet rise fixed right-3 bottom-20 left-3 z-30 flex max-h-[45dvh] flex-col shadow-sheet sm:left-auto sm:w-96 md:right-5 md:bottom-5"
    >
      <header className="flex items-center justify-between gap-3 border-b border-line py-2 pr-2 pl-4">
        <h2 className="font-semibold">{words.heading}</h2>
        <p role="status" className="digits flex-1 text-sm text-ink-soft">
          {words.summary(doneCount, items.length)}
        </p>
        <button
          type="button"
          className="button button-plain"
          disabled={doneCount === 0}
          onClick={() => queue.clear()}
        >
          {words.clear}
        </button>
      </header>
      <ul className="min-h-0 divide-y divide-line overflow-y-auto px-4">
        {items.map((item) => (
          <ImportLine key={item.id} item={item} />
        ))}
      </ul>
    </section>
  );
}

function ImportLine({ item }: { readonly item: ImportItem }) {
  const queue = useImportQueue();
  const { file, sentBytes, state, recordingId } = item;
  return (
    <li className="flex items-center gap-3 py-2.5">
      <StateIcon state={state} />
      <div className="min-w-0 flex-1">
        <p className="truncate" title={file.name}>
          {file.name}
        </p>
        <p className={`text-sm ${state === 'refused' ? 'text-record' : 'text-ink-soft'}`}>{sentence(item)}</p>
        {isActive(item) ? (
          <progress
            className="mt-1 block h-1 w-full accent-petrol"
            aria-label={file.name}
            max={file.size}
            value={sentBytes}
          />
        ) : null}
      </div>
      {isActive(item) ? (
        <button
          type="button"
          className="button button-plain button-icon"
          aria-label={words.cancel(file.name)}
          onClick={() => queue.cancel(item.id)}
        >
          <CloseIcon size={16} />
        </button>
      ) : null}
      {state === 'interrupted' ? (
        <button
          type="button"
          className="button"
          aria-label={words.again(file.name)}
          onClick={() => queue.again(item.id)}
        >
          {STRINGS.app.retry}
        </button>
      ) : null}
      {recordingId === null ? null : (
        <Link to="/library/$id" params={{ id: recordingId }} className="button button-plain">
          {words.open}
        </Link>
      )}
    </li>
  );
}

function StateIcon({ state }: { readonly state: ImportItem['state'] }) {
  if (state === 'stored') return <CheckIcon className="shrink-0 text-safe" />;
  if (state === 'duplicate') return <CopyIcon className="shrink-0 text-petrol" />;
  if (state === 'refused' || state === 'interrupted') return <WarningIcon className="shrink-0 text-record" />;
  if (state === 'cancelled') return <CloseIcon className="shrink-0 text-ink-soft" />;
  return <ImportIcon className="shrink-0 text-ink-soft" />;
}

function sentence({ file, sentBytes, state, message }: ImportItem): string {
  if (state === 'refused') return `${words.refused}. ${message ?? ''}`;
  if (state === 'interrupted') return words.failedForNow;
  if (state === 'sending') {
    return sentBytes >= file.size ? words.checking : words.sending(formatPercent(sentBytes / file.size));
  }
  if (state === 'stored') return `${words.stored}, ${formatBytes(file.size)}`;
  return words[state];
}
