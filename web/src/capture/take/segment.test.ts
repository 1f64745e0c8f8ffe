import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findPreset, type Preset } from '../../../../src/model/preset.ts';
import { voiceSamples } from '../../../../test/voice-wav.ts';
import { openEncoder } from '../encoding/segment-encoder.ts';
import type { SyncAccessHandle } from './opfs-handle.ts';
import { Segment } from './segment.ts';

const RATE_HZ = 48_000;

/** A folder whose every file holds `bytes`. */
function folderOf(bytes: Uint8Array): FileSystemDirectoryHandle {
  const handle: SyncAccessHandle = {
    read(into, { at }) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
    write: () => 0,
    truncate: () => {},
    getSize: () => bytes.length,
    flush: () => {},
    close: () => {},
  };
  const file = { createSyncAccessHandle: async () => handle };
  return { getFileHandle: async () => file } as unknown as FileSystemDirectoryHandle;
}

async function flacTake(seconds: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const preset = findPreset('archive') as Preset;
  const encoder = await openEncoder(preset, { sampleRateHz: RATE_HZ, channels: 1 }, (bytes) =>
    parts.push(bytes.slice()),
  );
  await encoder.add(new Float32Array(voiceSamples(seconds, RATE_HZ, 1)));
  await encoder.finish();
  return Buffer.concat(parts);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a segment of an earlier visit', async () => {
  const whole = await flacTake(2);

  it('counts to its last byte when nothing is torn', async () => {
    const segment = await Segment.reopen(folderOf(whole), 'segment-0.flac');
    expect([segment.sizeBytes, segment.sha256, segment.totalSeconds]).toEqual([
      whole.length,
      sha256(whole),
      2,
    ]);
    expect([segment.isComplete, segment.hasAudio]).toEqual([true, true]);
  });

  it('ends with its last whole frame when the last write was torn', async () => {
    const torn = await Segment.reopen(folderOf(whole.subarray(0, whole.length - 1)), 'segment-0.flac');
    const frames = Math.floor((2 * RATE_HZ) / 4096);
    expect(torn.totalSeconds).toBeCloseTo((frames * 4096) / RATE_HZ, 6);
    expect(torn.sizeBytes).toBeLessThan(whole.length - 1);
    expect(torn.sha256).toBe(sha256(whole.subarray(0, torn.sizeBytes)));
  });

  it('keeps every byte of a longer stretch that is not understood', async () => {
    const strange = Buffer.concat([whole, Buffer.alloc(80_000, 0xa5)]);
    const segment = await Segment.reopen(folderOf(strange), 'segment-0.flac');
    expect([segment.sizeBytes, segment.sha256]).toEqual([strange.length, sha256(strange)]);
  });

  it('is audio to be sent when none of it is understood, unless it is too short for any', async () => {
    const strange = await Segment.reopen(folderOf(Buffer.alloc(50_000, 7)), 'segment-0.flac');
    expect([strange.sizeBytes, strange.hasAudio]).toEqual([50_000, true]);
    const header = await Segment.reopen(folderOf(whole.subarray(0, 30)), 'segment-0.flac');
    expect([header.sizeBytes, header.hasAudio]).toEqual([0, false]);
  });
});
