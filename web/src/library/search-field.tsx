import type { RefObject } from 'react';
import { STRINGS } from '../strings.ts';
import { CloseIcon, SearchIcon } from '../ui/icons.tsx';

const words = STRINGS.library;

interface SearchFieldProps {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly value: string;
  readonly isBusy: boolean;
  readonly onChange: (text: string) => void;
}

export const SEARCH_FIELD_ID = 'library-search';

export function SearchField({ field, value, isBusy, onChange }: SearchFieldProps) {
  return (
    <search className="relative block">
      <span
        className={`absolute inset-y-0 left-3 grid place-items-center text-ink-faint ${isBusy ? 'lamp' : ''}`}
      >
        <SearchIcon size={18} />
      </span>
      <input
        ref={field}
        id={SEARCH_FIELD_ID}
        type="search"
        className="field search-field pr-11 pl-10"
        aria-label={words.search}
        placeholder={words.searchShort}
        value={value}
        autoComplete="off"
        enterKeyHint="search"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && value !== '') onChange('');
        }}
      />
      {value === '' ? null : (
        <button
          type="button"
          className="absolute inset-y-0 right-0 grid w-11 place-items-center text-ink-soft hover:text-ink"
          aria-label={words.clearSearch}
          onClick={() => {
            onChange('');
            field.current?.focus();
          }}
        >
          <CloseIcon size={16} />
        </button>
      )}
    </search>
  );
}
