import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { useCollections } from '../api/history.ts';
import { useTags } from '../api/queries.ts';
import { formatDateTime } from '../format/date.ts';
import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { CheckIcon, WarningIcon } from '../ui/icons.tsx';
import { TagField } from '../ui/tag-field.tsx';
import type { Details } from './amendment-conflict.ts';
import { ConflictDialog } from './conflict-dialog.tsx';
import { type Amendments, type Subject, useAmendments } from './use-amendments.ts';

const words = STRINGS.detail;

interface DetailFormProps<Kept extends Details> {
  readonly subject: Subject<Kept>;
  /** When it was recorded. */
  readonly at: string;
  readonly duration: number | null;
  readonly children: ReactNode;
}

/** What a person may change, saved as it is changed; the player stands between title and notes. */
export function DetailForm<Kept extends Details>(props: DetailFormProps<Kept>) {
  const { subject, at, duration, children } = props;
  const amendments = useAmendments(subject);
  const knownTags = useTags().data ?? [];
  const knownCollections = useCollections().data ?? [];
  const notesId = useId();
  const { shown } = amendments;
  return (
    <>
      <header className="flex flex-col gap-1">
        <TitleField title={shown.title} onKeep={(title) => amendments.edit({ title })} />
        <p className="digits flex flex-wrap items-center gap-x-3 text-ink-soft">
          <span>{formatDateTime(at)}</span>
          {duration === null ? null : <span>{formatClock(duration)}</span>}
          <SaveState amendments={amendments} />
        </p>
      </header>
      {children}
      <section className="flex flex-col gap-4">
        <TagField
          label={words.tags}
          tags={shown.tags}
          suggestions={knownTags.map(({ tag }) => tag)}
          onChange={(tags) => amendments.edit({ tags })}
        />
        <TagField
          label={words.collections}
          tags={shown.collections}
          suggestions={knownCollections.map(({ collection }) => collection)}
          hints={STRINGS.collections}
          mayHaveCommas
          onChange={(collections) => amendments.edit({ collections })}
        />
        <div>
          <label htmlFor={notesId} className="field-label">
            {words.notes}
          </label>
          <textarea
            id={notesId}
            className="field field-sizing-content max-h-96 min-h-28 font-serif"
            value={shown.notes}
            placeholder={words.notesEmpty}
            onChange={(event) => amendments.edit({ notes: event.target.value })}
            onBlur={() => amendments.flush()}
          />
        </div>
      </section>
      {amendments.conflict ? (
        <ConflictDialog conflict={amendments.conflict} onResolve={amendments.resolve} />
      ) : null}
    </>
  );
}

function TitleField({ title, onKeep }: { readonly title: string; readonly onKeep: (title: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const hintId = useId();

  function keep() {
    const next = typed?.trim() ?? '';
    setTyped(null);
    if (next !== '' && next !== title) onKeep(next);
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === 'Enter') {
      event.preventDefault();
      event.currentTarget.blur();
    }
    if (event.key === 'Escape') setTyped(null);
  }

  return (
    <h1 className="-ml-3">
      <textarea
        rows={1}
        className="field-sizing-content block w-full resize-none rounded-lg border border-transparent bg-transparent px-3 py-1 font-serif text-2xl leading-snug hover:border-line focus:border-line focus:bg-sheet sm:text-3xl"
        aria-label={words.title}
        aria-describedby={hintId}
        value={typed ?? title}
        maxLength={500}
        autoComplete="off"
        enterKeyHint="done"
        onChange={(event) => setTyped(event.target.value.replaceAll(/\s*\n\s*/g, ' '))}
        onKeyDown={onKeyDown}
        onBlur={keep}
      />
      <span id={hintId} hidden>
        {words.renameHint}
      </span>
    </h1>
  );
}

function SaveState({ amendments }: { readonly amendments: Amendments }) {
  if (amendments.state === 'failed') {
    return (
      <span role="alert" className="inline-flex items-center gap-1.5 font-semibold text-record">
        <WarningIcon size={16} />
        {words.saveFailed(amendments.problem ?? '')}
      </span>
    );
  }
  const text = { saved: words.saved, waiting: words.notSaved, saving: words.saving }[amendments.state];
  return (
    <span role="status" className="inline-flex items-center gap-1 text-sm text-ink-faint">
      {amendments.state === 'saved' ? <CheckIcon size={14} /> : null}
      {text}
    </span>
  );
}
