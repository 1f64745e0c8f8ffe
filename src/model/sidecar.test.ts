import { describe, expect, it } from 'vitest';
import { someRecording } from '../../test/some-recording.ts';
import { sidecarKey, sidecarText, toSidecar } from './sidecar.ts';

describe('sidecarKey', () => {
  it('names the document beside the audio', () => {
    expect(sidecarKey('raw/2026/11/20261122T213205Z-a.ogg')).toBe('raw/2026/11/20261122T213205Z-a.json');
  });

  it('replaces only the last ending of the file, never one of a folder', () => {
    expect(sidecarKey('raw/v1.2/take')).toBe('raw/v1.2/take.json');
    expect(sidecarKey('raw/2026/take.tar.wav')).toBe('raw/2026/take.tar.json');
  });
});

describe('sidecarText', () => {
  const recording = someRecording({ tags: ['b', 'a'], version: 7 });

  it('says everything about the recording', () => {
    expect(JSON.parse(sidecarText(recording))).toEqual(toSidecar(recording));
    expect(sidecarText(recording)).toMatch(/^\{\n {2}"format": "voice-recorder-pro\/sidecar",\n[\s\S]*\}\n$/);
  });

  it('gives the same bytes whatever the order in which the facts came together', () => {
    const turned = Object.fromEntries(Object.entries(recording).reverse()) as unknown as typeof recording;
    expect(sidecarText(turned)).toBe(sidecarText(recording));
  });
});
