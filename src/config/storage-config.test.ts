import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VoiceRecorderError } from '../model/failure.ts';
import { readServerConfig } from './server-config.ts';
import { StorageConfig } from './storage-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vrp config ü '));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = () => ({
  VRP_DATA_DIR: join(folder, 'store'),
  VRP_STATE_DIR: join(folder, 'state'),
  VRP_CONFIG_FILE: '',
});

function failureOf(action: () => unknown): VoiceRecorderError {
  try {
    action();
  } catch (error) {
    if (error instanceof VoiceRecorderError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

describe('StorageConfig.fromEnvironment', () => {
  it('has the limits of each environment', () => {
    const limits = (['development', 'testing', 'production'] as const).map((name) => {
      const { minDiskSpaceMb, enableDiskSpaceCheck, maxFileMb, retentionDays } =
        StorageConfig.fromEnvironment(name, {}, env());
      return { minDiskSpaceMb, enableDiskSpaceCheck, maxFileMb, retentionDays };
    });
    expect(limits).toEqual([
      { minDiskSpaceMb: 50, enableDiskSpaceCheck: true, maxFileMb: 500, retentionDays: 30 },
      { minDiskSpaceMb: 10, enableDiskSpaceCheck: false, maxFileMb: 100, retentionDays: 7 },
      { minDiskSpaceMb: 500, enableDiskSpaceCheck: true, maxFileMb: 0, retentionDays: 365 },
    ]);
  });

  it('makes its folders for this user alone, on a path with spaces and umlauts', () => {
    const config = StorageConfig.fromEnvironment('development', {}, env());
    for (const path of [config.rawRecordingsPath, config.spoolPath, config.quarantinePath, config.stateDir]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
    }
  });

  it('uses a folder of its own for each environment', () => {
    const { VRP_DATA_DIR: _, ...plain } = env();
    const home = { ...plain, XDG_DATA_HOME: folder };
    expect(StorageConfig.describe('production', {}, home).dataDir).toMatch(/voice-recorder-pro$/);
    expect(StorageConfig.describe('development', {}, home).dataDir).toMatch(/voice-recorder-pro-dev$/);
    expect(StorageConfig.describe('testing', {}, home).dataDir).toMatch(/voice-recorder-pro-test$/);
  });

  it('names every fault in one error, with variable, value and what is accepted', () => {
    const bad = { ...env(), VRP_MAX_FILE_MB: 'lots', VRP_DISK_SPACE_CHECK: 'perhaps', VRP_DATA_DIR: 'here' };
    const error = failureOf(() => StorageConfig.fromEnvironment('testing', {}, bad));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toContain('VRP_MAX_FILE_MB="lots": expected a whole number from 0 to 100000000');
    expect(error.message).toContain('VRP_DISK_SPACE_CHECK="perhaps": expected "on" or "off"');
    expect(error.message).toContain('VRP_DATA_DIR="here": expected an absolute path');
  });

  it('reads a config file and names three faults in it at once', () => {
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ maxFileMb: -1, port: 'high', colour: 'blue', minDiskSpaceMb: 7 }));
    const error = failureOf(() => StorageConfig.describe('testing', {}, { ...env(), VRP_CONFIG_FILE: file }));
    expect(error.details['faults']).toHaveLength(3);
    writeFileSync(file, JSON.stringify({ minDiskSpaceMb: 7 }));
    const config = StorageConfig.describe('testing', {}, { ...env(), VRP_CONFIG_FILE: file });
    expect(config.minDiskSpaceMb).toBe(7);
  });

  it('lets the caller win over the environment, and the environment over the file', () => {
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ maxFileMb: 1, minDiskSpaceMb: 1, port: 1 }));
    const both = { ...env(), VRP_CONFIG_FILE: file, VRP_MAX_FILE_MB: '2', VRP_MIN_DISK_SPACE_MB: '2' };
    const config = StorageConfig.describe('testing', { maxFileMb: 3 }, both);
    expect([config.maxFileMb, config.minDiskSpaceMb, readServerConfig({}, both).port]).toEqual([3, 2, 1]);
  });

  it('takes addresses and networks of proxies, and nothing else', () => {
    const proxies = (text: string) =>
      readServerConfig({}, { ...env(), VRP_TRUSTED_PROXIES: text }).trustedProxies;
    expect(proxies('127.0.0.1, 10.0.0.0/8,fd00::/8')).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
    expect(readServerConfig({}, env()).trustedProxies).toEqual([]);
    for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', 'true', '*']) {
      expect(failureOf(() => proxies(wrong)).message, wrong).toContain('VRP_TRUSTED_PROXIES');
    }
  });

  it('refuses the production default folder in tests', () => {
    const { VRP_DATA_DIR: _, ...plain } = env();
    const error = failureOf(() =>
      StorageConfig.describe('production', {}, { ...plain, VRP_FORBID_DEFAULT_STORE: '1' }),
    );
    expect(error.code).toBe('config-default-store-in-test');
  });

  it('takes away the proof of writing that a killed process left', () => {
    const { rawRecordingsPath, spoolPath } = StorageConfig.fromEnvironment('testing', {}, env());
    const left = [rawRecordingsPath, spoolPath].map((path) => join(path, '.vrp-write-test'));
    for (const path of left) writeFileSync(path, '');
    StorageConfig.fromEnvironment('testing', {}, env());
    expect(left.filter((path) => existsSync(path))).toEqual([]);
  });

  it('says which folder cannot be used when a file stands in its place', () => {
    writeFileSync(join(folder, 'store'), 'not a folder');
    const error = failureOf(() => StorageConfig.fromEnvironment('testing', {}, env()));
    expect(error.code).toBe('store-not-writable');
    expect(error.message).toContain(join(folder, 'store'));
    expect(readFileSync(join(folder, 'store'), 'utf8')).toBe('not a folder');
  });

  it.skipIf(process.platform !== 'linux')(
    'gives up where no folder can ever be made (skipped where there is no /proc)',
    () => {
      const error = failureOf(() =>
        StorageConfig.fromEnvironment('testing', { dataDir: '/proc/nowhere/store' }, env()),
      );
      expect(error.code).toBe('store-not-writable');
    },
  );
});
