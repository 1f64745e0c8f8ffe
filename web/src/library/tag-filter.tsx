import { STRINGS } from '../strings.ts';
import { CheckIcon } from '../ui/icons.tsx';

const words = STRINGS.library;
const TAGS_SHOWN = 40;

interface TagFilterProps {
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
  readonly chosen: string | null;
  readonly onChoose: (tag: string | null) => void;
}

/** The tags in use, most used first; one at a time narrows the list. */
export function TagFilter({ tags, chosen, onChoose }: TagFilterProps) {
  return (
    <fieldset className="-mx-1 flex min-w-0 gap-1.5 overflow-x-auto px-1 py-1 [scrollbar-width:none]">
      <legend className="sr-only">{words.tagFilter}</legend>
      {tags.slice(0, TAGS_SHOWN).map(({ tag, count }) => {
        const isChosen = tag === chosen;
        return (
          <button
            key={tag}
            type="button"
            aria-pressed={isChosen}
            className={`inline-flex min-h-7 shrink-0 items-center gap-1 rounded-full border px-3 text-sm pointer-coarse:min-h-11 ${
              isChosen
                ? 'border-transparent bg-petrol text-on-petrol'
                : 'border-line bg-sheet text-ink-soft hover:border-line-strong'
            }`}
            onClick={() => onChoose(isChosen ? null : tag)}
          >
            {isChosen ? <CheckIcon size={14} /> : null}
            {tag}
            <span className={`digits text-xs ${isChosen ? '' : 'text-ink-faint'}`}>{count}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
