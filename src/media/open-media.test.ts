import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWav } from '../../test/audio-fixtures.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { MediaEvent } from './child-line.ts';
import type { Media } from './media.ts';
import { type MediaSettings, openMedia } from './open-media.ts';

let folder: string;
let media: Media;
let events: MediaEvent[];
const opened: Media[] = [];

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/vrp-media-`);
  writeFileSync(`${folder}/short.wav`, makeWav({ seconds: 1 }));
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  rmSync(folder, { recursive: true });
});

function start(settings: MediaSettings = {}, onEvent: (event: MediaEvent) => void = () => undefined): void {
  events = [];
  media = openMedia({
    ...settings,
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  opened.push(media);
}

/** A file whose rendition takes long enough to be caught in the middle: a WAV stream of ten minutes. */
function writeLong(seconds = 600): string {
  const path = `${folder}/long.wav`;
  const second = Buffer.alloc(48_000 * 2);
  for (let at = 0; at < second.length; at += 2) second.writeInt16LE(((at * 7919) % 60_000) - 30_000, at);
  const head = makeWav({ seconds: 0, sampleRateHz: 48_000, declaredBytes: 0xffff_ffff });
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: seconds }, () => second)]));
  return path;
}

function childOf(line: string): number {
  return events.findLast((event) => event.type === 'child-started' && event.line === line)?.processId ?? 0;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2500 && !condition(); tries += 1) await pause(10);
  expect(condition()).toBe(true);
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('the media children', () => {
  it('start on first use, serve many calls and end with close', async () => {
    start();
    expect(events).toEqual([]);
    for (let count = 0; count < 3; count += 1) {
      expect((await media.probe(`${folder}/short.wav`, 'short.wav')).durationSeconds).toBe(1);
    }
    expect(events.map((event) => event.type)).toEqual(['child-started']);
    const child = childOf('probe');
    await media.close();
    expect(isAlive(child)).toBe(false);
    await expect(media.probe(`${folder}/short.wav`, 'short.wav')).rejects.toThrow('closed');
  });

  it('get nothing of our environment', async () => {
    process.env['VRP_TEST_SECRET'] = 'hush';
    start();
    await media.probe(`${folder}/short.wav`, 'short.wav');
    delete process.env['VRP_TEST_SECRET'];
    if (process.platform !== 'linux') return;
    const environment = readFileSync(`/proc/${childOf('probe')}/environ`, 'latin1');
    expect(environment).not.toContain('hush');
    const names = environment.split('\0').map((line) => line.replace(/=.*/, ''));
    expect(names.filter((name) => name !== '' && !/^NODE_(CHANNEL|COMPILE_CACHE)/.test(name))).toEqual([]);
  });

  it('fail one call when killed, and run those that waited on a new child', async () => {
    // Held still from its first moment: however busy the machine is, it cannot be done before it is killed.
    start({}, ({ type, processId }) => {
      if (type === 'child-started' && events.length === 1) process.kill(processId, 'SIGSTOP');
    });
    const path = writeLong();
    const running = media.renderPlayable(path, `${folder}/a`).catch(failureCodeOf);
    await until(() => childOf('job') !== 0);
    const waiting = media.peaks(`${folder}/short.wav`, `${folder}/b`);
    await pause(100);
    process.kill(childOf('job'), 'SIGKILL');
    expect(await running).toBe('media-crashed');
    expect((await waiting).pairCount).toBe(100);
    expect(readdirSync(folder).sort()).toEqual(['b', 'long.wav', 'short.wav']);
  });

  it('are killed when a call hangs', async () => {
    start({ probeLimits: { silenceMs: 3000 } });
    await media.probe(`${folder}/short.wav`, 'short.wav');
    process.kill(childOf('probe'), 'SIGSTOP');
    const hung = media.probe(`${folder}/short.wav`, 'short.wav').catch(failureCodeOf);
    const next = media.probe(`${folder}/short.wav`, 'short.wav');
    expect(await hung).toBe('media-timeout');
    expect((await next).durationSeconds).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')('are killed when they take too much memory', async () => {
    start({ jobLimits: { memoryBytes: 16 * 1024 * 1024 } });
    const outcome = media.renderPlayable(writeLong(), `${folder}/a`).catch(failureCodeOf);
    expect(await outcome).toBe('media-out-of-memory');
    expect(existsSync(`${folder}/a`)).toBe(false);
  });

  it('leave probes free while a long rendition runs', async () => {
    // It stands still, and so goes on for as long as the probe needs.
    start({}, (event) => {
      if (event.type === 'child-started' && event.line === 'job') process.kill(event.processId, 'SIGSTOP');
    });
    const controller = new AbortController();
    let isRendering = true;
    const rendering = media
      .renderPlayable(writeLong(), `${folder}/a`, { signal: controller.signal })
      .catch((error: unknown) => error)
      .finally(() => {
        isRendering = false;
      });
    await until(() => childOf('job') !== 0);
    await media.probe(`${folder}/short.wav`, 'short.wav');
    expect(isRendering).toBe(true);
    controller.abort(new Error('enough'));
    expect(await rendering).toEqual(new Error('enough'));
    expect(readdirSync(folder).sort()).toEqual(['long.wav', 'short.wav']);
  });

  it('fail only the probe that runs, whatever was sent ahead, and none that has left', async () => {
    start();
    const path = `${folder}/short.wav`;
    await media.probe(path, 'short.wav');
    process.kill(childOf('probe'), 'SIGSTOP');
    const leaving = new AbortController();
    const running = media.probe(path, 'short.wav').catch(failureCodeOf);
    const ahead = media.probe(path, 'short.wav');
    const gone = media.probe(path, 'short.wav', leaving.signal).catch(String);
    const others = Promise.all(Array.from({ length: 6 }, () => media.probe(path, 'short.wav')));
    leaving.abort('left');
    expect(await gone).toBe('left');
    process.kill(childOf('probe'), 'SIGKILL');
    expect(await running).toBe('media-crashed');
    expect([await ahead, ...(await others)].map((facts) => facts.durationSeconds)).toEqual(Array(7).fill(1));
    expect(events.filter((event) => event.type === 'child-started')).toHaveLength(2);
  });

  it('reject what was sent ahead when they are closed', async () => {
    start();
    const path = `${folder}/short.wav`;
    await media.probe(path, 'short.wav');
    process.kill(childOf('probe'), 'SIGSTOP');
    const calls = Array.from({ length: 6 }, () => media.probe(path, 'short.wav').catch(failureCodeOf));
    await media.close();
    expect(await Promise.all(calls)).toEqual(Array(6).fill('media-crashed'));
    expect(events.filter((event) => event.type === 'child-started')).toHaveLength(1);
  });

  it('let a waiting call leave without touching the running one', async () => {
    start();
    const controller = new AbortController();
    const running = media.renderPlayable(writeLong(60), `${folder}/a`);
    const waiting = media.peaks(`${folder}/short.wav`, `${folder}/b`, { signal: controller.signal });
    controller.abort(new Error('never mind'));
    await expect(waiting).rejects.toThrow('never mind');
    expect((await running).mimeType).toBe('audio/flac');
    expect(events.map((event) => event.type)).toEqual(['child-started']);
  });

  it('are started before they are needed when a call is likely, once', async () => {
    start();
    media.prepareProbe();
    media.prepareProbe();
    expect(events.map((event) => event.type)).toEqual(['child-started']);
    await media.probe(`${folder}/short.wav`, 'short.wav');
    media.prepareProbe();
    expect(events.map((event) => event.type)).toEqual(['child-started']);
  });

  it('end after a while of idleness and come back', async () => {
    start({ probeLimits: { idleMs: 50 } });
    await media.probe(`${folder}/short.wav`, 'short.wav');
    await until(() => events.at(-1)?.type === 'child-ended');
    expect((await media.probe(`${folder}/short.wav`, 'short.wav')).durationSeconds).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')(
    'end with a parent that was killed, even in the middle of a call',
    async () => {
      const script = `
      import { openMedia } from ${JSON.stringify(new URL('./open-media.ts', import.meta.url).href)};
      const media = openMedia({ onEvent: (event) => process.send(event.processId) });
      await media.renderPlayable(${JSON.stringify(writeLong())}, ${JSON.stringify(`${folder}/a`)});`;
      writeFileSync(`${folder}/parent.mjs`, script);
      const parent = fork(`${folder}/parent.mjs`, {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const [child] = (await once(parent, 'message')) as [number];
      await pause(300);
      expect(isAlive(child)).toBe(true);
      parent.kill('SIGKILL');
      await until(() => !isAlive(child));
    },
  );

  it('tell how far a long call is', async () => {
    start();
    const shares: number[] = [];
    await media.renderPlayable(writeLong(240), `${folder}/a`, { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((left, right) => left - right));
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  });
});
