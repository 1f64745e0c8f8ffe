import { useState } from 'react';
import { PRESETS, type Preset } from '../../../src/model/preset.ts';
import { formatPresetFacts } from '../format/preset-facts.ts';
import { STRINGS } from '../strings.ts';
import { useAsRecorded, useCaptureValue, usePresetChoice } from './capture-context.tsx';
import { isTakeRunning } from './capture-phases.ts';
import { CustomPresetDialog } from './custom-preset-dialog.tsx';
import { NoOpusNote } from './no-opus-note.tsx';
import { isCustom } from './preset-choice.ts';
import { PresetCost } from './preset-cost.tsx';

const words = STRINGS.presets;

/** How the next take is encoded, what that costs, and how long it can go on. */
export function PresetPicker() {
  const choice = usePresetChoice();
  const isRunning = useCaptureValue(({ phase }) => isTakeRunning(phase));
  const isElsewhere = useCaptureValue(({ isOwnedElsewhere }) => isOwnedElsewhere);
  const isFixed = isRunning || isElsewhere;
  const [isChanging, setChanging] = useState(false);
  const offered: readonly Preset[] = isFixed ? [choice.chosen] : [...PRESETS, choice.custom];
  return (
    <section className="sheet px-5 pt-4 pb-3">
      <fieldset disabled={isFixed}>
        <legend className="font-semibold">{words.heading}</legend>
        <NoOpusNote />
        <div className="mt-1 divide-y divide-line">
          {offered.map((preset) => (
            <PresetRow
              key={isCustom(preset) ? 'custom' : preset.id}
              preset={preset}
              isChosen={preset.id === choice.chosen.id}
              onChoose={() => choice.choose(preset)}
            />
          ))}
        </div>
      </fieldset>
      {isFixed ? (
        <p className="py-1.5 text-sm text-ink-soft">{words.fixed}</p>
      ) : (
        <button type="button" className="button mb-2" onClick={() => setChanging(true)}>
          {words.change}
        </button>
      )}
      {isChanging ? (
        <CustomPresetDialog preset={choice.custom} onUse={choice.choose} onClose={() => setChanging(false)} />
      ) : null}
    </section>
  );
}

interface PresetRowProps {
  readonly preset: Preset;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function PresetRow({ preset, isChosen, onChoose }: PresetRowProps) {
  const recorded = useAsRecorded()(preset);
  return (
    <label className="flex cursor-pointer items-start gap-3 py-2.5 has-disabled:cursor-not-allowed">
      <input
        type="radio"
        name="preset"
        className="mt-1 size-4 shrink-0 accent-petrol"
        checked={isChosen}
        onChange={onChoose}
      />
      <span className="flex min-w-0 flex-1 flex-wrap items-baseline justify-between gap-x-6">
        <span className="min-w-60 flex-1">
          <span className={isChosen ? 'font-semibold' : 'font-medium'}>{preset.name}</span>
          <span className="text-ink-soft"> · {recorded === preset ? aboutOf(preset) : words.asFlac}</span>
          <span className="block text-sm text-ink-soft">{formatPresetFacts(recorded)}</span>
        </span>
        <span className="min-w-60 flex-1 text-sm">
          <PresetCost preset={preset} />
        </span>
      </span>
    </label>
  );
}

function aboutOf(preset: Preset): string {
  const known = PRESETS.find(({ id }) => id === preset.id);
  return known ? words.about[known.id] : words.aboutCustom;
}
