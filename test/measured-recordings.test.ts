import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sidecarKey } from '../src/model/sidecar.ts';
import { openVoiceRecorder } from '../src/open.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { makeWav } from './audio-fixtures.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-measured-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (runsJobs: boolean): Promise<VoiceRecorder> =>
  openVoiceRecorder({
    environment: 'testing',
    dataDir: join(folder, 'store'),
    overrides: { stateDir: join(folder, 'state') },
    runsJobs,
  });

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(50);
  }
  throw new Error('It did not come to pass.');
}

describe('a recording', () => {
  it('is measured in the background, in catalogue and sidecar, also when it is from before', async () => {
    const file = join(folder, 'half silent.wav');
    const content = makeWav({
      seconds: 4,
      sample: (frame) => (frame < 32_000 ? Math.sin(frame / 6) * 0.25 : 0),
    });
    writeFileSync(file, content);
    // As after an import by the command line: nothing but the recording is made.
    const importing = await open(false);
    const { id = '' } = await importing.library.importFile(file);
    const before = await importing.library.find(id);
    expect(before).toMatchObject({ audioChecksum: null, loudness: null, silenceShare: null, version: 1 });
    await importing.close();
    // As in a store of an earlier version: no job knows of it.
    const sqlite = `const { DatabaseSync } = require('node:sqlite');
      new DatabaseSync(process.argv[1]).exec('DELETE FROM jobs');`;
    execFileSync(process.execPath, ['-e', sqlite, join(folder, 'store', 'catalogue.sqlite')]);

    const serving = await open(true);
    const told: string[] = [];
    serving.subscribe((event) => {
      if (event.type === 'recording-changed') told.push(event.recording.audioChecksum ?? '');
    });
    const measured = await until(async () => {
      const found = await serving.library.find(id);
      return found?.audioChecksum ? found : undefined;
    });
    expect(measured).toMatchObject({ ...before, ...measured });
    expect(measured).toMatchObject({ audioChecksumMethod: 'packets-v1', silenceShare: 0.5, version: 2 });
    expect(measured.loudness?.integratedLufs).toBeCloseTo(-16, 0);
    expect(told).toContain(measured.audioChecksum);
    const sidecar = join(folder, 'store', sidecarKey(measured.storedFilename));
    const written = await until(async () => {
      const document = JSON.parse(readFileSync(sidecar, 'utf8')) as Record<string, unknown>;
      return document['audioChecksum'] === null ? undefined : document;
    });
    expect(written).toMatchObject({
      metadataVersion: 2,
      audioChecksum: measured.audioChecksum,
      loudness: measured.loudness,
      silenceShare: 0.5,
    });
    // Whoever read it before it was measured can still change it.
    expect(await serving.library.amend(id, { title: 'Harbour' }, before?.version)).toMatchObject({
      version: 3,
    });
    await serving.close();
    expect(readFileSync(join(folder, 'store', measured.storedFilename)).equals(content)).toBe(true);
  });
});
