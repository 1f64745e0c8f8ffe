import { useEffect, useId, useState } from 'react';
import { useTags } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { useDelayed } from '../ui/debounce.ts';
import { TagField } from '../ui/tag-field.tsx';
import { useCapture, useCaptureSnapshot } from './capture-context.tsx';

const words = STRINGS.record;
const KEEP_AFTER_MS = 400;

export const TITLE_FIELD_ID = 'take-title';

/** Title, tags and notes of the take, editable while it runs and afterwards; kept as they are typed. */
export function TakeDetails() {
  const { takeId } = useCaptureSnapshot();
  // Another take is another form: what was typed for the last one must not appear in it.
  return <TakeForm key={takeId ?? ''} />;
}

function TakeForm() {
  const capture = useCapture();
  const { title, tags, notes } = useCaptureSnapshot();
  const knownTags = useTags().data ?? [];
  const notesId = useId();
  const [titleDraft, setTitleDraft] = useDraft(title, (next) => capture.describe({ title: next }));
  const [notesDraft, setNotesDraft] = useDraft(notes, (next) => capture.describe({ notes: next }));
  return (
    <section className="sheet flex flex-col gap-4 p-5" aria-label={words.details}>
      <div>
        <label htmlFor={TITLE_FIELD_ID} className="field-label">
          {words.title}
        </label>
        <input
          id={TITLE_FIELD_ID}
          className="field font-serif text-lg"
          value={titleDraft}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => setTitleDraft(event.target.value)}
        />
      </div>
      <TagField
        label={words.tags}
        tags={tags}
        suggestions={knownTags.map(({ tag }) => tag)}
        onChange={(next) => capture.describe({ tags: next })}
      />
      <div>
        <label htmlFor={notesId} className="field-label">
          {words.notes}
        </label>
        <textarea
          id={notesId}
          className="field min-h-28 resize-y font-serif"
          value={notesDraft}
          placeholder={words.notesHint}
          onChange={(event) => setNotesDraft(event.target.value)}
        />
      </div>
    </section>
  );
}

/** What is typed shows at once and is kept when typing rests; a change from outside shows when nobody types. */
function useDraft(kept: string, keep: (text: string) => void): [string, (text: string) => void] {
  const [draft, setDraft] = useState<string | null>(null);
  const keepSoon = useDelayed((text: string) => keep(text), KEEP_AFTER_MS);
  useEffect(() => {
    setDraft((typed) => (typed === kept ? null : typed));
  }, [kept]);
  const type = (text: string) => {
    setDraft(text);
    keepSoon(text);
  };
  return [draft ?? kept, type];
}
