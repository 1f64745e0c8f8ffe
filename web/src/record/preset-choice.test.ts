import { describe, expect, it } from 'vitest';
import { customPreset, DEFAULT_PRESET, findPreset, type Preset } from '../../../src/model/preset.ts';
import { formatHourlyCost, formatPresetFacts, minutesFor } from '../format/preset-facts.ts';
import { type ChoiceMemory, PresetChoice } from './preset-choice.ts';

function memory(kept = new Map<string, string>()): ChoiceMemory {
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

const ARCHIVE = findPreset('archive') as Preset;

describe('the choice of a preset', () => {
  it('is Voice until a person chooses, and the last choice from then on', () => {
    const kept = memory();
    const choice = new PresetChoice(kept);
    expect(choice.chosen).toBe(DEFAULT_PRESET);
    let told = 0;
    choice.subscribe(() => (told += 1));
    choice.choose(ARCHIVE);
    expect([choice.chosen, told]).toEqual([ARCHIVE, 1]);
    expect(new PresetChoice(kept).chosen).toEqual(ARCHIVE);
  });

  it('remembers the custom one while another is chosen', () => {
    const kept = memory();
    const custom = customPreset('opus', 1, 32_000);
    new PresetChoice(kept).choose(custom);
    new PresetChoice(kept).choose(ARCHIVE);
    const later = new PresetChoice(kept);
    expect([later.chosen, later.custom]).toEqual([ARCHIVE, custom]);
  });

  it('holds for the page when the browser remembers nothing, or nonsense', () => {
    const forbidding: ChoiceMemory = {
      getItem: () => {
        throw new Error('forbidden');
      },
      setItem: () => {
        throw new Error('forbidden');
      },
    };
    for (const kept of [null, forbidding, memory(new Map([['vrp-preset', 'custom-mp3-9']]))]) {
      const choice = new PresetChoice(kept);
      expect(choice.chosen).toBe(DEFAULT_PRESET);
      choice.choose(ARCHIVE);
      expect(choice.chosen).toBe(ARCHIVE);
    }
  });
});

describe('what is said about a preset', () => {
  it('names codec, channels and rate', () => {
    expect(formatPresetFacts(DEFAULT_PRESET)).toBe('Opus, mono, 64 kbit/s');
    expect(formatPresetFacts(customPreset('flac', 1, 0))).toBe('FLAC, lossless, mono');
  });

  it('says what an hour costs', () => {
    expect(formatHourlyCost(DEFAULT_PRESET)).toBe('29.4 MB an hour');
    expect(formatHourlyCost(ARCHIVE)).toMatch(/^about 62\d MB an hour$/);
  });

  it('tells the room of presets that the server does not know from those it knows', () => {
    const left = { voice: 1_000 };
    expect(minutesFor(DEFAULT_PRESET, left)).toBe(1_000);
    expect(minutesFor(customPreset('opus', 2, 128_000), left)).toBe(500);
    expect(minutesFor(ARCHIVE, {})).toBeUndefined();
  });
});
