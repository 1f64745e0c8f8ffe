import { describe, expect, it } from 'vitest';
import { bytesPerMinute, customPreset, findPreset, losslessOf, PRESETS } from './preset.ts';

describe('presets', () => {
  it.each(PRESETS.map((preset) => [preset.id, preset]))('finds %s by its id', (id, preset) => {
    expect(findPreset(id)).toBe(preset);
  });

  it.each([
    customPreset('opus', 1, 96_000),
    customPreset('opus', 2, 320_000),
    customPreset('flac', 1, 0),
    customPreset('flac', 2, 0),
  ])('understands a custom one by its id alone: $id', (preset) => {
    expect(findPreset(preset.id)).toEqual(preset);
    expect(preset.id).toMatch(/^[\w.-]{1,64}$/);
  });

  it.each([
    '',
    'studio',
    'custom',
    'custom-opus-1',
    'custom-opus-3-64000',
    'custom-opus-1-900000',
    'custom-flac-2-64000',
  ])('finds none by "%s"', (id) => expect(findPreset(id)).toBeUndefined());

  it('has a lossless one for each, with as many channels', () => {
    for (const preset of [...PRESETS, customPreset('opus', 1, 32_000)]) {
      const { codec, channels, id } = losslessOf(preset);
      expect([codec, channels]).toEqual(['flac', preset.channels]);
      expect(findPreset(id)?.codec).toBe('flac');
    }
    expect(losslessOf(PRESETS[3])).toBe(PRESETS[3]);
  });

  it('says what a minute costs', () => {
    expect(bytesPerMinute(PRESETS[0])).toBe(489_600);
    const archive = findPreset('archive');
    expect(archive && bytesPerMinute(archive)).toBe(10_368_000);
  });
});
