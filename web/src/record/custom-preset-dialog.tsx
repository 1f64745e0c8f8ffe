import { useId, useState } from 'react';
import { CUSTOM_BIT_RATES_BPS, customPreset, type Preset } from '../../../src/model/preset.ts';
import { formatBitRate } from '../format/size.ts';
import { STRINGS } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useAsRecorded, useCaptureValue } from './capture-context.tsx';
import { PresetCost } from './preset-cost.tsx';

const words = STRINGS.presets;
const OPUS_BIT_RATE_BPS = 96_000;
const CODECS = ['opus', 'flac'] as const;

interface CustomPresetDialogProps {
  readonly preset: Preset;
  readonly onUse: (preset: Preset) => void;
  readonly onClose: () => void;
}

/** Codec, channels and bit rate, one by one. */
export function CustomPresetDialog({ preset, onUse, onClose }: CustomPresetDialogProps) {
  const encodesOpus = useCaptureValue((snapshot) => snapshot.encodesOpus);
  const [codec, setCodec] = useState(useAsRecorded()(preset).codec);
  const [channels, setChannels] = useState(preset.channels);
  const [bitRateBps, setBitRateBps] = useState(
    preset.codec === 'opus' ? preset.bitRateBps : OPUS_BIT_RATE_BPS,
  );
  const wished = customPreset(codec, channels, bitRateBps);
  return (
    <Dialog heading={words.customHeading} onClose={onClose}>
      <form
        method="dialog"
        className="flex flex-col gap-4"
        onSubmit={() => {
          onUse(wished);
          onClose();
        }}
      >
        <Choice
          label={words.codec}
          value={codec}
          options={CODECS.filter((name) => name === 'flac' || encodesOpus).map((name) => [
            name,
            words.codecs[name],
          ])}
          onChange={(value) => setCodec(value === 'flac' ? 'flac' : 'opus')}
        />
        <Choice
          label={words.channelsLabel}
          value={String(channels)}
          options={[
            ['1', words.channelNames[1]],
            ['2', words.channelNames[2]],
          ]}
          onChange={(value) => setChannels(value === '1' ? 1 : 2)}
        />
        {codec === 'opus' ? (
          <Choice
            label={words.bitRate}
            value={String(bitRateBps)}
            options={CUSTOM_BIT_RATES_BPS.map((rate) => [String(rate), formatBitRate(rate)])}
            onChange={(value) => setBitRateBps(Number(value))}
          />
        ) : null}
        <p className="rounded-lg bg-sunk px-3 py-2 text-sm" aria-live="polite">
          <PresetCost preset={wished} />
        </p>
        <div className="flex justify-end gap-2">
          <button type="button" className="button" onClick={onClose}>
            {STRINGS.app.cancel}
          </button>
          <button type="submit" className="button button-strong">
            {words.use}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="field-label">
        {label}
      </label>
      <select id={id} className="field" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
