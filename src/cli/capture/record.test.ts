import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { captureOnly, writeCaptureProgram } from '../../../test/capture-fixture.ts';
import { decodePcm } from '../../../test/decode-pcm.ts';
import { likeness } from '../../../test/e2e/hear.ts';
import { voiceSamples } from '../../../test/voice-wav.ts';
import { runVrp, startVrp, type VrpFolders, vrpEnvironment } from '../../../test/vrp-process.ts';
import type { Recording } from '../../model/recording.ts';

const launcher = fileURLToPath(new URL('../../../bin/vrp.js', import.meta.url));
const RATE_HZ = 48_000;
const played = voiceSamples(40, RATE_HZ, 7);

let root: string;
let bin: string;
let folders: VrpFolders;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-record-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  const folder = await mkdtemp(join(root, 'take-'));
  bin = join(folder, 'bin');
  folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
});

type Line = { readonly event: string } & Record<string, unknown>;

/** A running `vrp record --json`. */
class Recorder {
  readonly lines: Line[] = [];
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  stderr = '';
  #wake: () => void = () => {};

  constructor(args: readonly string[]) {
    this.process = spawn(process.execPath, [launcher, 'record', '--json', ...args], {
      env: { ...vrpEnvironment(folders), PATH: captureOnly(bin) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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

async function listed(): Promise<readonly Recording[]> {
  const { stdout } = await runVrp(folders, ['list', '--json']);
  return (JSON.parse(stdout) as { items: Recording[] }).items;
}

/** How the stored sound compares with what was played in. */
async function hear(recording: Recording) {
  const { planes, sampleRateHz } = await decodePcm(join(folders.dataDir, recording.storedFilename));
  const samples = planes[0] ?? new Float32Array(0);
  expect(sampleRateHz).toBe(RATE_HZ);
  // The program begins with its first sample: there is no need to look further.
  const near = played.subarray(0, samples.length + RATE_HZ / 10);
  return { seconds: samples.length / RATE_HZ, ...likeness(samples, near, RATE_HZ) };
}

// A machine that is busy starts a process in seconds.
const TIMEOUT_MS = 90_000;

const leftTakes = () => {
  const folder = join(folders.dataDir, 'takes');
  return existsSync(folder) ? readdirSync(folder) : [];
};

describe('vrp record', { timeout: TIMEOUT_MS }, () => {
  it('keeps what was played in, to the second that was asked for', async () => {
    writeCaptureProgram(bin, 'arecord', { sound: played });
    const recorder = new Recorder([
      '--duration',
      '4',
      '--title',
      'Line in',
      '--tag',
      'desk',
      '--device',
      'hw:1',
    ]);
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
    const heard = await hear(recording as Recording);
    expect(heard.seconds).toBeCloseTo(4, 1);
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(heard.offsetSeconds).toBeCloseTo(0, 2);
    expect(leftTakes()).toEqual([]);
    const { args } = JSON.parse(readFileSync(join(bin, 'arecord.json'), 'utf8')) as { args: string[] };
    expect(args).toContain('--device=hw:1');
  });

  it('ends a take at Ctrl-C with a valid lossless file of 24 bits', async () => {
    writeCaptureProgram(bin, 'parec', { sound: played });
    const recorder = new Recorder(['--preset', 'archive']);
    await recorder.progress((captured) => captured >= 1);
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    expect(recorder.stored).toMatchObject({ codec: 'flac', channels: 2, bitDepth: 24, warnings: [] });
    const heard = await hear(recorder.stored as Recording);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
    expect(heard.correlation).toBeGreaterThan(0.9999);
  });

  it('goes on beside a server that is killed, and sends the rest when it is back', async () => {
    writeCaptureProgram(bin, 'arecord', { sound: played });
    const first = await startVrp(folders);
    const recorder = new Recorder([]);
    await recorder.progress((_, safe) => safe >= 1);
    await first.kill();
    const lost = await recorder.line(
      ({ event, code }) => event === 'warning' && code === 'server-unreachable',
    );
    const before = Number(lost['atSeconds']);
    const second = await startVrp(folders, first.port);
    await recorder.progress((_, safe) => safe > before + 1);
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    const heard = await hear(recorder.stored as Recording);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(await listed()).toHaveLength(1);
    await second.stop();
    expect(leftTakes()).toEqual([]);
  });

  it('brings a killed take into the library at the next start, to the last second captured', async () => {
    writeCaptureProgram(bin, 'arecord', { sound: played });
    const recorder = new Recorder(['--title', 'Cut off']);
    await recorder.progress((captured) => captured >= 2);
    const { pid } = JSON.parse(readFileSync(join(bin, 'arecord.json'), 'utf8')) as { pid: number };
    recorder.process.kill('SIGKILL');
    await recorder.ended;
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
    expect(leftTakes()).toHaveLength(1);
    const server = await startVrp(folders);
    await expect.poll(listed, { timeout: 30_000 }).toHaveLength(1);
    await server.stop();
    const [recording] = await listed();
    expect(recording).toMatchObject({ title: 'Cut off', status: 'active', warnings: [] });
    const heard = await hear(recording as Recording);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(leftTakes()).toEqual([]);
  });

  it('ends a take validly when the device goes, and says so', async () => {
    writeCaptureProgram(bin, 'arecord', { sound: played.subarray(0, 2 * RATE_HZ), endsWithSound: true });
    const recorder = new Recorder([]);
    expect(await recorder.ended).toBe(1);
    expect(recorder.lines).toContainEqual(
      expect.objectContaining({ event: 'warning', code: 'capture-ended' }),
    );
    expect(recorder.stderr).toContain('No such device');
    expect((await hear(recorder.stored as Recording)).seconds).toBeCloseTo(2, 1);
  });

  it('says digital silence and clipping while they last, and keeps them on the timeline', async () => {
    const loud = Float32Array.from({ length: RATE_HZ }, (_, index) => Math.sin(index / 20) * 3);
    writeCaptureProgram(bin, 'arecord', { sound: loud });
    const recorder = new Recorder([]);
    await recorder.line(({ code }) => code === 'clipping');
    await recorder.line(({ code }) => code === 'silence');
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(0);
    expect(recorder.stored?.timeline.map(({ kind }) => kind)).toEqual(['clipping', 'silence']);
    expect(recorder.stored?.timeline[1]?.atSeconds).toBeCloseTo(1, 1);
  });

  it('takes the next program when the first one has no sound server, and tells when none gives sound', async () => {
    writeCaptureProgram(bin, 'parec', { sound: played, refusal: 'Connection refused' });
    writeCaptureProgram(bin, 'arecord', { sound: played });
    const recorder = new Recorder(['--duration', '1']);
    expect(await recorder.ended).toBe(0);
    expect(recorder.lines[0]).toMatchObject({ event: 'started', program: 'arecord' });
    const refused = new Recorder(['--program', 'parec']);
    expect(await refused.ended).toBe(1);
    expect(refused.lines).toMatchObject([{ error: { code: 'capture-failed' } }]);
    expect(JSON.stringify(refused.lines)).toContain('Connection refused');
    expect(leftTakes()).toEqual([]);
  });

  it('ends at once at the second Ctrl-C, and loses nothing that was captured', async () => {
    writeCaptureProgram(bin, 'arecord', { sound: played });
    const server = await startVrp(folders);
    const recorder = new Recorder([]);
    await recorder.progress((_, safe) => safe >= 1);
    // A server that hangs: without it the take would be stored before a second signal can come.
    server.process.kill('SIGSTOP');
    recorder.process.kill('SIGINT');
    await expect
      .poll(() => recorder.process.kill(0) && existsSync(leftSound()), { timeout: 5_000 })
      .toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 500));
    recorder.process.kill('SIGINT');
    expect(await recorder.ended).toBe(130);
    server.process.kill('SIGCONT');
    await server.stop();
    const again = new Recorder(['--duration', '1']);
    expect(await again.ended).toBe(0);
    const takes = await listed();
    expect(takes).toHaveLength(2);
    const heard = await hear(takes.find(({ id }) => id !== again.stored?.id) as Recording);
    expect(heard.seconds).toBeGreaterThanOrEqual(recorder.capturedSeconds);
  });

  it('says which programs it looked for when there is none', async () => {
    const recorder = new Recorder([]);
    expect(await recorder.ended).toBe(1);
    expect(recorder.lines).toMatchObject([{ error: { code: 'capture-program-missing' } }]);
  });
});

function leftSound(): string {
  return join(folders.dataDir, 'takes', leftTakes()[0] ?? '', 'sound.ogg');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process.
    return false;
  }
}
