import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openVoiceRecorder } from '../src/open.ts';
import { voiceSamples, writeWav } from './voice-wav.ts';

it('has the peaks of a WAV file with the file, and of nothing that became no recording', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-imported-peaks-'));
  const dataDir = join(folder, 'store');
  const overrides = { stateDir: join(folder, 'state') };
  const recorder = await openVoiceRecorder({ dataDir, environment: 'testing', overrides, runsJobs: false });
  try {
    const path = join(folder, 'voice.wav');
    writeWav(path, voiceSamples(2, 16_000, 3), 16_000);
    const first = await recorder.library.importFile(path);
    expect(first.status).toBe('stored');
    const derived = join(dataDir, 'derived');
    expect(existsSync(join(derived, first.id ?? '', 'peaks.vpk'))).toBe(true);
    expect((await recorder.library.importFile(path)).status).toBe('duplicate');
    const broken = join(folder, 'broken.wav');
    writeFileSync(broken, Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0 nothing that could be a format'));
    expect((await recorder.library.importFile(broken)).status).toBe('rejected');
    expect(readdirSync(derived)).toEqual([first.id]);
  } finally {
    await recorder.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
