import { STRINGS } from '../strings.ts';

const words = STRINGS.collections;

interface CollectionFilterProps {
  readonly collections: readonly { readonly collection: string; readonly count: number }[];
  readonly chosen: string | null;
  readonly onChoose: (collection: string | null) => void;
}

/** One collection at a time narrows the list. */
export function CollectionFilter({ collections, chosen, onChoose }: CollectionFilterProps) {
  // The chosen one stays in the list of choices when its last recording was just taken out of it.
  const isGone = chosen !== null && !collections.some(({ collection }) => collection === chosen);
  const choices = isGone ? [...collections, { collection: chosen, count: 0 }] : collections;
  return (
    <select
      className="field"
      aria-label={words.filter}
      value={chosen ?? ''}
      onChange={(event) => onChoose(event.target.value === '' ? null : event.target.value)}
    >
      <option value="">{words.all}</option>
      {choices.map(({ collection, count }) => (
        <option key={collection} value={collection}>
          {words.counted(collection, count)}
        </option>
      ))}
    </select>
  );
}
