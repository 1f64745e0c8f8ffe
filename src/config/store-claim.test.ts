import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../model/clock.ts';
import { StorageConfig } from './storage-config.ts';
import { takeStoreLock } from './store-lock.ts';
import { claimStore } from './store-marker.ts';

let folder: string;
let config: StorageConfig;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp-store-'));
  config = configOf();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configOf(): StorageConfig {
  return StorageConfig.fromEnvironment(
    'testing',
    { dataDir: join(folder, 'store'), stateDir: join(folder, 'state') },
    {},
  );
}

describe('the marker of a store', () => {
  it('keeps its name over every start', () => {
    const first = claimStore(config, systemClock, false);
    expect(claimStore(config, systemClock, false)).toEqual(first);
  });

  it('makes a disk that is not mounted an error, not an empty library', () => {
    const first = claimStore(config, systemClock, false);
    rmSync(config.dataDir, { recursive: true });
    config = configOf();
    expect(() => claimStore(config, systemClock, false)).toThrow(
      expect.objectContaining({ code: 'store-marker-missing', message: expect.stringContaining(first.id) }),
    );
    expect(claimStore(config, systemClock, true).id).not.toBe(first.id);
  });

  it('is refused when damaged or from a newer program', () => {
    writeFileSync(config.markerFile, '{"format":');
    expect(() => claimStore(config, systemClock, false)).toThrow(
      expect.objectContaining({ code: 'store-marker-invalid' }),
    );
    writeFileSync(
      config.markerFile,
      JSON.stringify({ format: 'voice-recorder-pro/store', formatVersion: 99, id: 'x' }),
    );
    expect(() => claimStore(config, systemClock, false)).toThrow(
      expect.objectContaining({ code: 'store-too-new' }),
    );
  });
});

describe('the lock of a store', () => {
  it('is held by one and free after release', async () => {
    const lock = await takeStoreLock(config.lockFile, systemClock);
    await expect(takeStoreLock(config.lockFile, systemClock)).rejects.toMatchObject({ code: 'store-locked' });
    lock.release();
    (await takeStoreLock(config.lockFile, systemClock)).release();
  });

  it('is freed by the kernel when its holder is killed', async () => {
    const script =
      `const { takeStoreLock } = await import(${JSON.stringify(new URL('./store-lock.ts', import.meta.url).href)});` +
      `await takeStoreLock(${JSON.stringify(config.lockFile)}, { monotonicMs: () => 0, nowMs: () => 0 });` +
      `console.log('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(takeStoreLock(config.lockFile, systemClock)).rejects.toMatchObject({ code: 'store-locked' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await takeStoreLock(config.lockFile, systemClock, 1000)).release();
  });
});
