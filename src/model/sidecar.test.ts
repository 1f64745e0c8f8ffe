import { describe, expect, it } from 'vitest';
import { sidecarKey } from './sidecar.ts';

describe('sidecarKey', () => {
  it('names the document beside the audio', () => {
    expect(sidecarKey('raw/2026/11/20261122T213205Z-a.ogg')).toBe('raw/2026/11/20261122T213205Z-a.json');
  });

  it('replaces only the last ending of the file, never one of a folder', () => {
    expect(sidecarKey('raw/v1.2/take')).toBe('raw/v1.2/take.json');
    expect(sidecarKey('raw/2026/take.tar.wav')).toBe('raw/2026/take.tar.json');
  });
});
