import { type FormEvent, useState } from 'react';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import type { EditableField } from './amendment-conflict.ts';
import type { Conflict } from './use-amendments.ts';

const words = STRINGS.detail;

interface ConflictDialogProps {
  readonly conflict: Conflict;
  readonly onResolve: (keepMine: ReadonlySet<EditableField>) => void;
}

/** Two people, one field: shows both and keeps what is chosen. Closing it keeps one's own. */
export function ConflictDialog({ conflict, onResolve }: ConflictDialogProps) {
  const [mine, setMine] = useState<ReadonlySet<EditableField>>(new Set(conflict.fields));
  function choose(field: EditableField, isMine: boolean) {
    const next = new Set(mine);
    if (isMine) next.add(field);
    else next.delete(field);
    setMine(next);
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    onResolve(mine);
  }
  return (
    <Dialog heading={words.conflictHeading} onClose={() => onResolve(mine)}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <p className="text-ink-soft">{words.conflictBody}</p>
        {conflict.fields.map((field) => (
          <fieldset key={field} className="flex flex-col gap-2">
            <legend className="field-label">{words[field]}</legend>
            <Choice
              field={field}
              label={words.conflictMine}
              text={asText(conflict.mine[field])}
              isChosen={mine.has(field)}
              onChoose={() => choose(field, true)}
            />
            <Choice
              field={field}
              label={words.conflictTheirs}
              text={asText(conflict.theirs[field])}
              isChosen={!mine.has(field)}
              onChoose={() => choose(field, false)}
            />
          </fieldset>
        ))}
        <button type="submit" className="button button-strong self-end">
          {words.conflictKeep}
        </button>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly field: EditableField;
  readonly label: string;
  readonly text: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Choice({ field, label, text, isChosen, onChoose }: ChoiceProps) {
  return (
    <label className="flex cursor-pointer gap-3 rounded-xl border border-line p-3 has-checked:border-petrol has-checked:bg-petrol-soft">
      <input
        type="radio"
        name={field}
        checked={isChosen}
        onChange={onChoose}
        className="mt-1 size-4 accent-petrol"
      />
      <span className="min-w-0">
        <span className="block text-sm text-ink-soft">{label}</span>
        <span className="block font-serif break-words whitespace-pre-wrap">{text}</span>
      </span>
    </label>
  );
}

function asText(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'string' ? value : (value ?? []).join(', ');
  return text === '' ? words.conflictEmpty : text;
}
