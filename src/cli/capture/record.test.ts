import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CaptureFixture, captureOnly, writeCaptureProgram } from '../../../test/capture-fixture.ts';
import { decodePcm } from '../../../test/decode-pcm.ts';
import { likeness } from '../../../test/e2e/hear.ts';
import { voiceSamples } from '../../../test/voice-wav.ts';
import { runHere } from '../../../test/vrp-in-process.ts';
import { startVrp, type VrpFolders, vrpEnvironment } from '../../../test/vrp-process.ts';
import type { Recording } from '../../model/recording.ts';

const launcher = fileURLToPath(new URL('../../../bin/vrp.js', import.meta.url));
const RATE_HZ = 48_000;
const played = voiceSamples(40, RATE_HZ, 7);

let root: string;
/** What a test that failed may have left running. */
const kills: (() => unknown)[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-record-'));
});
afterEach(async () => {
  for (const kill of kills.splice(0)) await kill();
});
afterAll(() => rm(root, { recursive: true, maxRetries: 5 }));
/** A library and capture programs of its own. */
async function openDesk() {
  const folder = await mkdtemp(join(root, 'take-'));
  const bin = join(folder, 'bin');
  const folders: VrpFolders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  const takes = join(folders.dataDir, 'takes');
  const listed = async () => {
    const { stdout } = await runHere(folders, ['list', '--json']);
    return (JSON.parse(stdout) as { items: Recording[] }).items;
  };
  return {
    async startServer(port?: number) {
      const server = await startVrp(folders, port);
      kills.push(() => server.kill());
      return server;
    },
    listed,
    program: (name: string, fixture: CaptureFixture) => writeCaptureProgram(bin, name, fixture),
    /** What the capture program noted of itself. */
    started: (name: string) =>
      JSON.parse(readFileSync(join(bin, `${name}.json`), 'utf8')) as { args: string[]; pid: number },
    record: (...args: string[]) => new Recorder(args, { ...vrpEnvironment(folders), PATH: captureOnly(bin) }),
    /** Takes that are not all in the library. */
    leftTakes: () => (existsSync(takes) ? readdirSync(takes) : []),
    /** How the stored sound compares with what was played in. */
    async hear(recording: Recording | undefined) {
      if (recording === undefined) throw new Error('There is no recording to hear.');
      const { planes, sampleRateHz } = await decodePcm(join(folders.dataDir, recording.storedFilename));
      const samples = planes[0] ?? new Float32Array(0);
      expect(sampleRateHz).toBe(RATE_HZ);
      // The program begins with its first sample: there is no need to look further.
      const near = played.subarray(0, samples.length + RATE_HZ / 10);
      return { seconds: samples.length / RATE_HZ, ...likeness(samples, near, RATE_HZ) };
    },
  };
}

type Line = { readonly event: string } & Record<string, unknown>;

/** A running `vrp record --json`. */
class Recorder {
  readonly lines: Line[] = [];
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stderr = '';
  #wake: () => void = () => {};

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.process = spawn(process.execPath, [launcher, 'record', '--json', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    kills.push(() => this.process.kill('SIGKILL'));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#wake();
    });
    this.ended = once(this.process, 'close').then(([code]) => code as number | null);
    void this.ended.then(() => this.#wake());
  }

  /** The first line that `isWanted`; rejects when the command ends without it. */
  async line(isWanted: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(isWanted);
      if (found) return found;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`vrp record ended: ${JSON.stringify(this.lines)} ${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  progress(isWanted: (captured: number, safe: number) => boolean): Promise<Line> {
    return this.line(
      (line) =>
        line.event === 'progress' && isWanted(Number(line['capturedSeconds']), Number(line['safeSeconds'])),
    );
  }

  get stored(): Recording | undefined {
    return this.lines.find(({ event }) => event === 'stored')?.['recording'] as Recording | undefined;
  }

  get capturedSeconds(): number {
    return Math.max(0, ...this.lines.map((line) => Number(line['capturedSeconds'] ?? 0)));
  }
}

describe('vrp record', () => {
  it('keeps what was played in, to the second that was asked for', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played });
    const recorder = desk.record(
      '--duration',
      '4',
      '--title',
      'Line in',
      '--tag',
      'desk',
      '--device',
      'hw:1',
    );
    expect(await recorder.ended, recorder.stderr).toBe(0);
    const recording = recorder.stored;
    expect(recording).toMatchObject({
      title: 'Line in',
      tags: ['desk'],
      codec: 'opus',
      channels: 1,
      kind: 'take',
    });
    expect(recording).toMatchObject({ preset: 'voice', segment: 0, status: 'active' });
    const heard = await desk.hear(recording);
    expect(heard.seconds).toBeCloseTo(4, 1);
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(heard.offsetSeconds).toBeCloseTo(0, 2);
    expect(desk.leftTakes()).toEqual([]);
    expect(desk.started('arecord').args).toContain('--device=hw:1');
  });

  it('ends a take at Ctrl-C with a valid lossless file of 24 bits', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('parec', { sound: played });
    const recorder = desk.record('--preset', 'archive');
    await recorder.progress((captured) => captured >= 1);
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    expect(recorder.stored).toMatchObject({ codec: 'flac', channels: 2, bitDepth: 24, warnings: [] });
    const heard = await desk.hear(recorder.stored);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
    expect(heard.correlation).toBeGreaterThan(0.9999);
  });

  it('goes on beside a server that is killed, and sends the rest when it is back', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played });
    const first = await desk.startServer();
    const recorder = desk.record();
    await recorder.progress((_, safe) => safe >= 1);
    await first.kill();
    const lost = await recorder.line(
      ({ event, code }) => event === 'warning' && code === 'server-unreachable',
    );
    const before = Number(lost['atSeconds']);
    const second = await desk.startServer(first.port);
    await recorder.progress((_, safe) => safe > before + 1);
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    const heard = await desk.hear(recorder.stored);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(await desk.listed()).toHaveLength(1);
    await second.stop();
    expect(desk.leftTakes()).toEqual([]);
  });

  it('brings a killed take into the library at the next start, to the last second captured', async ({
    expect,
  }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played });
    const recorder = desk.record('--title', 'Cut off');
    await recorder.progress((captured) => captured >= 2);
    const { pid } = desk.started('arecord');
    recorder.process.kill('SIGKILL');
    await recorder.ended;
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(desk.leftTakes()).toHaveLength(1);
    const server = await desk.startServer();
    await expect.poll(desk.listed, { timeout: 120_000 }).toHaveLength(1);
    await server.stop();
    const [recording] = await desk.listed();
    expect(recording).toMatchObject({ title: 'Cut off', status: 'active', warnings: [] });
    const heard = await desk.hear(recording);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(desk.leftTakes()).toEqual([]);
  });

  it('ends a take validly when the device goes, and says so', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played.subarray(0, 2 * RATE_HZ), endsWithSound: true });
    const recorder = desk.record();
    expect(await recorder.ended).toBe(1);
    expect(recorder.lines).toContainEqual(
      expect.objectContaining({ event: 'warning', code: 'capture-ended' }),
    );
    expect(recorder.stderr).toContain('No such device');
    expect((await desk.hear(recorder.stored)).seconds).toBeCloseTo(2, 1);
  });

  it('goes on in a further segment of the take when the device is back', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played.subarray(0, RATE_HZ), endsWithSound: true });
    const recorder = desk.record('--wait-for-device', '120', '--title', 'Loose plug');
    await recorder.line(({ event, segment }) => event === 'started' && segment === 2);
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    const segments = (await desk.listed()).sort((a, b) => (a.segment ?? 0) - (b.segment ?? 0));
    // The third may have been ended before any sound of it.
    for (const [index, segment] of segments.entries()) {
      expect(segment).toMatchObject({ title: 'Loose plug', takeId: segments[0]?.takeId, segment: index });
      if (index > 0) expect(segment.gapBefore?.cause).toBe('device-lost');
      if (index > 0) expect(segment.gapBefore?.durationSeconds).toBeGreaterThan(0);
      if (index < 2) expect((await desk.hear(segment)).seconds).toBeCloseTo(1, 1);
    }
    expect(segments.length).toBeGreaterThanOrEqual(2);
    expect(desk.leftTakes()).toEqual([]);
  });

  it('goes on when the device was back for a moment that held no sound', async ({ expect }) => {
    const sound = played.subarray(0, RATE_HZ);
    for (;;) {
      const desk = await openDesk();
      desk.program('arecord', { sound, endsWithSound: true, slipsOutOnce: true });
      const recorder = desk.record('--wait-for-device', '120');
      const isStored = () => recorder.lines.filter(({ event }) => event === 'stored').length;
      await recorder.line(() => isStored() === 2);
      const starts = recorder.lines.filter(({ event }) => event === 'started').map(({ segment }) => segment);
      recorder.process.kill('SIGINT');
      expect(await recorder.ended).toBe(0);
      expect(desk.leftTakes()).toEqual([]);
      expect(starts.slice(0, 2)).toEqual([0, 1]);
      // A busy machine may not have seen that moment at all.
      if (starts.filter((segment) => segment === 1).length < 2) continue;
      expect(starts.slice(0, 3)).toEqual([0, 1, 1]);
      return;
    }
  });

  it('ends the take when the device is not back in time', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played.subarray(0, RATE_HZ), endsWithSound: true, isGoneAfter: true });
    const recorder = desk.record('--wait-for-device', '20');
    expect(await recorder.ended).toBe(1);
    expect(recorder.stderr).toContain('No sound came within 20 s; the take has ended.');
    expect((await desk.hear(recorder.stored)).seconds).toBeCloseTo(1, 1);
    expect(await desk.listed()).toHaveLength(1);
  });

  it('keeps what came before the capture program was killed', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('parec', { sound: played });
    const recorder = desk.record();
    await recorder.progress((captured) => captured >= 1);
    process.kill(desk.started('parec').pid, 'SIGKILL');
    expect(await recorder.ended).toBe(1);
    expect(recorder.stderr).toContain('signal SIGKILL');
    expect((await desk.hear(recorder.stored)).correlation).toBeGreaterThan(0.95);
  });

  it('says digital silence and clipping while they last, and keeps them on the timeline', async ({
    expect,
  }) => {
    const desk = await openDesk();
    const loud = Float32Array.from({ length: RATE_HZ }, (_, index) => Math.sin(index / 20) * 3);
    desk.program('arecord', { sound: loud });
    const recorder = desk.record();
    await recorder.line(({ code }) => code === 'clipping');
    await recorder.line(({ code }) => code === 'silence');
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    // A busy machine may be late with the sound as well.
    const said = recorder.stored?.timeline.filter(({ kind }) => kind === 'clipping' || kind === 'silence');
    expect(said?.map(({ kind }) => kind)).toEqual(['clipping', 'silence']);
    expect(said?.[1]?.atSeconds).toBeCloseTo(1, 1);
  });

  it('takes the next program when the first one has no sound server, and tells when none gives sound', async ({
    expect,
  }) => {
    const desk = await openDesk();
    desk.program('parec', { sound: played, refusal: 'Connection refused' });
    desk.program('arecord', { sound: played });
    const recorder = desk.record('--duration', '1');
    expect(await recorder.ended).toBe(0);
    expect(recorder.lines[0]).toMatchObject({ event: 'started', program: 'arecord' });
    const refused = desk.record('--program', 'parec');
    expect(await refused.ended).toBe(1);
    expect(refused.lines).toMatchObject([{ error: { code: 'capture-failed' } }]);
    expect(JSON.stringify(refused.lines)).toContain('Connection refused');
    expect(desk.leftTakes()).toEqual([]);
  });

  it('ends at once at the second Ctrl-C, and loses nothing that was captured', async ({ expect }) => {
    const desk = await openDesk();
    desk.program('arecord', { sound: played });
    const server = await desk.startServer();
    const recorder = desk.record();
    await recorder.progress((_, safe) => safe >= 1);
    // A server that hangs: without it the take would be stored before a second signal can come.
    server.process.kill('SIGSTOP');
    recorder.process.kill('SIGINT');
    await expect.poll(() => isRunning(desk.started('arecord').pid)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 500));
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(130);
    server.process.kill('SIGCONT');
    await server.stop();
    const again = desk.record('--duration', '1');
    expect(await again.ended).toBe(0);
    const takes = await desk.listed();
    expect(takes).toHaveLength(2);
    const heard = await desk.hear(takes.find(({ id }) => id !== again.stored?.id));
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
  });

  it('says which programs it looked for when there is none', async ({ expect }) => {
    const desk = await openDesk();
    const recorder = desk.record();
    expect(await recorder.ended).toBe(1);
    expect(recorder.lines).toMatchObject([{ error: { code: 'capture-program-missing' } }]);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process.
    return false;
  }
}
