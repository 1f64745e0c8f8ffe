import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { VoiceRecorderError } from '../model/failure.ts';
import { DatabaseConfig } from './database-config.ts';
import { StorageConfig } from './storage-config.ts';

const SECRET = 'geheim@/:?';
const env = (more: Record<string, string> = {}) => ({
  VRP_DATA_DIR: '/srv/my recordings',
  VRP_STATE_DIR: '/srv/state',
  VRP_CONFIG_FILE: '',
  ...more,
});
const read = (url: string) => DatabaseConfig.fromEnvironment('testing', {}, env({ DATABASE_URL: url }));

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof VoiceRecorderError) return error.message;
    throw error;
  }
  throw new Error('It did not fail.');
}

describe('DatabaseConfig.fromEnvironment', () => {
  it('has limits for each environment, and SQLite in the data folder', () => {
    const [development, testing, production] = (['development', 'testing', 'production'] as const).map(
      (name) => DatabaseConfig.fromEnvironment(name, {}, env()),
    );
    expect(testing).toMatchObject({ kind: 'sqlite', minFreeBytes: 0, deadlineMs: 30_000, retries: 3 });
    expect(testing).toMatchObject({ statementLimitMs: 60_000, startLimitMs: 0 });
    expect(development).toMatchObject({ minFreeBytes: 4_000_000, poolSize: 5, startLimitMs: 10_000 });
    expect(production).toMatchObject({
      minFreeBytes: 8_000_000,
      poolSize: 10,
      retries: 5,
      startLimitMs: 60_000,
    });
    expect(production?.file).toBe('/srv/my recordings/catalogue.sqlite');
    expect(StorageConfig.describe('testing', {}, env()).database).toEqual(testing);
  });

  it('takes every limit from the environment', () => {
    const config = DatabaseConfig.fromEnvironment(
      'production',
      {},
      env({
        VRP_DATABASE_POOL_SIZE: '20',
        VRP_DATABASE_DEADLINE_MS: '1000',
        VRP_DATABASE_RETRIES: '0',
        VRP_DATABASE_BUSY_MS: '100',
        VRP_DATABASE_MIN_FREE_MB: '50',
        VRP_DATABASE_SLOW_MS: '250',
        VRP_DATABASE_STATEMENT_MS: '90000',
        VRP_DATABASE_START_MS: '120000',
        VRP_DATABASE_SCHEMA: 'mine',
      }),
    );
    expect(config).toMatchObject({
      poolSize: 20,
      deadlineMs: 1_000,
      retries: 0,
      busyLimitMs: 100,
      minFreeBytes: 50_000_000,
      slowSessionMs: 250,
      statementLimitMs: 90_000,
      startLimitMs: 120_000,
      schema: 'mine',
    });
  });

  it('reads where PostgreSQL is, with names and passwords of any characters', () => {
    const config = read(
      `postgres://m%C3%A9:${encodeURIComponent(SECRET)}@db.example:6432/my%20db?sslmode=require`,
    );
    expect(config).toMatchObject({ kind: 'postgres', file: null });
    expect(config.postgresPlace).toEqual({
      host: 'db.example',
      port: 6432,
      database: 'my db',
      user: 'mé',
      password: SECRET,
      tlsMode: 'require',
    });
  });

  it('protects the connection unless the server is on the same machine', () => {
    const modeOf = (url: string) => read(url).postgresPlace?.tlsMode;
    expect(modeOf('postgres://db.example/a')).toBe('verify-full');
    expect(modeOf('postgresql://127.0.0.1/a')).toBe('disable');
    expect(modeOf('postgres://[::1]:5433/a')).toBe('disable');
    expect(modeOf('postgres://me@x/a?host=/var/run/postgresql')).toBe('disable');
    expect(modeOf('postgres://localhost.example/a')).toBe('verify-full');
  });

  it('never shows the password', () => {
    const config = read(`postgres://me:${encodeURIComponent(SECRET)}@db.example/a`);
    const storage = StorageConfig.describe(
      'testing',
      {},
      env({ DATABASE_URL: `postgres://me:${encodeURIComponent(SECRET)}@db.example/a` }),
    );
    for (const text of [
      inspect(config, { depth: 9, showHidden: true }),
      JSON.stringify([config, storage]),
      config.url,
    ]) {
      expect(text).not.toContain('geheim');
    }
    expect(config.url).toBe('postgres://me:***@db.example/a');
    expect(messageOf(() => read('postgres://me:geheim@db.example'))).not.toContain('geheim');
  });

  it('names another place of the SQLite file', () => {
    expect(read('sqlite:///var/lib/my%20catalogue.sqlite').file).toBe('/var/lib/my catalogue.sqlite');
    expect(read('sqlite:').file).toBe('/srv/my recordings/catalogue.sqlite');
  });

  it.each([
    'mysql://db/a',
    'postgres://db.example',
    'postgres://db.example/a/b',
    'postgres://db.example/a?sslmode=prefer',
    'postgres://db.example/a?options=-c',
    'postgres://%zz@db.example/a',
    'postgres://x/a?host=relative',
    'sqlite://relative.sqlite',
    'sqlite:relative.sqlite',
    'sqlite:///folder/',
    'nonsense',
  ])('refuses %s and says what is accepted', (url) => {
    expect(messageOf(() => read(url))).toMatch(/DATABASE_URL=\(not shown\): expected "sqlite:"/);
  });
});
