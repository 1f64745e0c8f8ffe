import { type KeyboardEvent, useId, useState } from 'react';
import { STRINGS } from '../strings.ts';
import { CloseIcon } from './icons.tsx';
import { addTags } from './tag-list.ts';

interface TagFieldProps {
  readonly label: string;
  readonly tags: readonly string[];
  readonly onChange: (tags: readonly string[]) => void;
  readonly suggestions?: readonly string[];
  /** What the field asks for, and the name of the button that takes one away. */
  readonly hints?: { readonly add: string; readonly remove: (tag: string) => string };
  /** A comma is part of what is typed, and does not end it. */
  readonly mayHaveCommas?: boolean;
}

/** Tags as chips: Enter or comma adds, Backspace in the empty field takes the last one away. */
export function TagField(props: TagFieldProps) {
  const { label, tags, onChange, suggestions = [], hints = STRINGS.chips, mayHaveCommas = false } = props;
  const [draft, setDraft] = useState('');
  const inputId = useId();
  const listId = useId();

  function keepDraft() {
    const next = addTags(tags, mayHaveCommas ? [draft] : draft.split(','));
    setDraft('');
    if (next !== tags) onChange(next);
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === 'Enter' || (event.key === ',' && !mayHaveCommas)) {
      event.preventDefault();
      keepDraft();
    } else if (event.key === 'Backspace' && draft === '' && tags.length > 0) {
      onChange(tags.slice(0, -1));
    }
  }

  return (
    <div>
      <label htmlFor={inputId} className="field-label">
        {label}
      </label>
      <div className="field flex flex-wrap items-center gap-1.5 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-petrol">
        {tags.map((tag) => (
          <span
            key={tag}
            className="inline-flex items-center gap-1 rounded-full bg-petrol-soft pl-2.5 text-sm text-petrol"
          >
            {tag}
            <button
              type="button"
              className="grid size-6 place-items-center rounded-full hover:bg-sheet pointer-coarse:size-9"
              aria-label={hints.remove(tag)}
              onClick={() => onChange(tags.filter((other) => other !== tag))}
            >
              <CloseIcon size={12} />
            </button>
          </span>
        ))}
        <input
          id={inputId}
          list={listId}
          value={draft}
          placeholder={hints.add}
          className="min-h-6 min-w-24 flex-1 bg-transparent outline-none placeholder:text-ink-faint"
          autoComplete="off"
          enterKeyHint="done"
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={keepDraft}
        />
        <datalist id={listId}>
          {suggestions
            .filter((tag) => !tags.includes(tag))
            .map((tag) => (
              <option key={tag} value={tag} />
            ))}
        </datalist>
      </div>
    </div>
  );
}
