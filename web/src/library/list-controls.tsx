import { type ReactNode, useId, useState } from 'react';
import type { RecordingKind, RecordingOrder } from '../../../src/model/recording.ts';
import { STRINGS } from '../strings.ts';
import { countFilters, type ListWishes, NO_WISHES } from './list-wishes.ts';

const words = STRINGS.lists;

interface ListControlsProps {
  readonly wishes: ListWishes;
  /** Only a search has better and worse matches. */
  readonly isSearch: boolean;
  readonly onChange: (wishes: ListWishes) => void;
}

/** The order of the list, and what narrows it, behind a button that says how much does. */
export function ListControls({ wishes, isSearch, onChange }: ListControlsProps) {
  const [isOpen, setOpen] = useState(false);
  const filtersId = useId();
  const count = countFilters(wishes);
  const orders = Object.entries(words.orders).filter(([order]) => isSearch || order !== 'relevance');
  const shownOrder = !isSearch && wishes.order === 'relevance' ? 'newest' : wishes.order;
  return (
    <>
      <div className="flex gap-2">
        <select
          className="field min-w-0 flex-1"
          aria-label={words.order}
          value={shownOrder}
          onChange={(event) => onChange({ ...wishes, order: event.target.value as RecordingOrder })}
        >
          {orders.map(([order, label]) => (
            <option key={order} value={order}>
              {label}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="button shrink-0"
          aria-expanded={isOpen}
          aria-controls={filtersId}
          onClick={() => setOpen(!isOpen)}
        >
          {words.filters(count)}
        </button>
      </div>
      <fieldset id={filtersId} hidden={!isOpen} className="min-w-0">
        <legend className="sr-only">{words.filterLegend}</legend>
        <div className="grid grid-cols-2 gap-x-3 gap-y-2">
          <Field
            label={words.from}
            type="date"
            value={wishes.from}
            onChange={(from) => onChange({ ...wishes, from })}
          />
          <Field
            label={words.to}
            type="date"
            value={wishes.to}
            onChange={(to) => onChange({ ...wishes, to })}
          />
          <Field
            label={words.longer}
            type="number"
            value={wishes.longer}
            onChange={(longer) => onChange({ ...wishes, longer })}
          />
          <Field
            label={words.shorter}
            type="number"
            value={wishes.shorter}
            onChange={(shorter) => onChange({ ...wishes, shorter })}
          />
          <Choice
            label={words.format}
            choices={words.formats}
            value={wishes.format}
            onChange={(format) => onChange({ ...wishes, format })}
          />
          <Choice
            label={words.kind}
            choices={words.kinds}
            value={wishes.kind}
            onChange={(kind) => onChange({ ...wishes, kind: kind as RecordingKind | '' })}
          />
          <label className="flex min-h-10 items-center gap-2">
            <input
              type="checkbox"
              className="size-4 accent-petrol"
              checked={wishes.isRemarked}
              onChange={(event) => onChange({ ...wishes, isRemarked: event.target.checked })}
            />
            {words.remarked}
          </label>
          <button
            type="button"
            className="button button-plain justify-self-end"
            disabled={count === 0}
            onClick={() => onChange({ ...NO_WISHES, order: wishes.order })}
          >
            {words.clear}
          </button>
        </div>
      </fieldset>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, type, value, onChange }: FieldProps & { readonly type: 'date' | 'number' }) {
  return (
    <Labelled label={label}>
      {(id) => (
        <input
          id={id}
          type={type}
          className="field"
          value={value}
          {...(type === 'number' && { min: 0, step: 'any' })}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

function Choice({
  label,
  choices,
  value,
  onChange,
}: FieldProps & { readonly choices: Readonly<Record<string, string>> }) {
  return (
    <Labelled label={label}>
      {(id) => (
        <select id={id} className="field" value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{words.any}</option>
          {Object.entries(choices).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function Labelled({
  label,
  children,
}: {
  readonly label: string;
  readonly children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="field-label">
        {label}
      </label>
      {children(id)}
    </div>
  );
}
