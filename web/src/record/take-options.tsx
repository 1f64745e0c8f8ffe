import { useId } from 'react';
import { formatLengthInWords } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { useCapture, useCaptureSnapshot } from './capture-context.tsx';
import { isTakeRunning } from './capture-phases.ts';

const words = STRINGS.moments;
const SPLIT_MINUTES = [15, 30, 60, 120];

/** How takes begin and whether they are split: kept by this browser. */
export function TakeOptions() {
  const capture = useCapture();
  const { settings, phase, isScreenKeptOn } = useCaptureSnapshot();
  const [splitId, helpId] = [useId(), useId()];
  const isFixed = isTakeRunning(phase);
  const { splitMinutes } = settings;
  const choices = SPLIT_MINUTES.includes(splitMinutes ?? 15)
    ? SPLIT_MINUTES
    : [...SPLIT_MINUTES, splitMinutes ?? 15].sort((a, b) => a - b);
  return (
    <section className="sheet flex flex-col gap-4 p-5" aria-label={words.split}>
      <label className="flex items-start gap-3">
        <input
          type="checkbox"
          className="mt-1 size-4 shrink-0 accent-petrol pointer-coarse:size-6"
          checked={settings.keepsPreRoll}
          aria-describedby={helpId}
          onChange={(event) => capture.changeSettings({ keepsPreRoll: event.target.checked })}
        />
        <span>
          <span className="font-semibold">{words.preRoll}</span>
          <span id={helpId} className="block text-sm text-ink-soft">
            {words.preRollHelp}
          </span>
        </span>
      </label>
      <div>
        <label htmlFor={splitId} className="field-label">
          {words.split}
        </label>
        <select
          id={splitId}
          className="field"
          value={splitMinutes ?? ''}
          disabled={isFixed}
          onChange={(event) =>
            capture.changeSettings({ splitMinutes: event.target.value ? Number(event.target.value) : null })
          }
        >
          <option value="">{words.splitNever}</option>
          {choices.map((minutes) => (
            <option key={minutes} value={minutes}>
              {words.splitEvery(formatLengthInWords(minutes * 60))}
            </option>
          ))}
        </select>
      </div>
      {isScreenKeptOn ? <p className="text-sm text-ink-soft">{words.screenOn}</p> : null}
    </section>
  );
}
