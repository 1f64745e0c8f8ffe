import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findChromium } from '../e2e/chromium.ts';
import { pressRecord } from '../e2e/press-record.ts';
import { recordedFor } from '../e2e/shown-seconds.ts';
import { openStudio } from '../e2e/studio.ts';
import { writeWav } from '../voice-wav.ts';

interface UnpluggedReport {
  /** From the moment the device went to the notice on the page. */
  readonly saidAfterSeconds: number;
  readonly segments: readonly {
    readonly durationSeconds: number;
    readonly correlation: number;
    readonly gapCause: string | null;
  }[];
  readonly broken: readonly string[];
}

const RATE_HZ = 48_000;
const OTHER_RATE_HZ = 44_100;

/**
 * The one microphone of a sound server goes in mid-take and comes back with another sample rate: the take goes on in
 * a further segment. Needs PulseAudio.
 */
export async function run(): Promise<UnpluggedReport> {
  const found = await findChromium();
  if (!found) throw new Error('There is no Chromium to record with.');
  const room = await openRoom();
  const studio = await openStudio(found, 120, { microphone: 'system' });
  try {
    const { page } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    room.play(studio.played);
    await pressRecord(page);
    await recordedFor(page, 6, 60_000);
    room.unplug();
    const goneMs = Date.now();
    await page.getByRole('main').getByText('The microphone is gone').waitFor({ timeout: 30_000 });
    const saidAfterSeconds = (Date.now() - goneMs) / 1_000;
    await sleep(2_000);
    room.plugIn(OTHER_RATE_HZ);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await recordedFor(page, 13, 60_000);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor({ timeout: 120_000 });
    await sleep(3_000);
    const recordings = await studio.recordings();
    const segments = await Promise.all(
      recordings.map(async (recording) => ({
        ...(await studio.hear(recording)),
        gapCause: recording.gapBefore?.cause ?? null,
      })),
    );
    const broken = [
      ...(saidAfterSeconds <= 3 ? [] : [`it was said after ${saidAfterSeconds} s only`]),
      ...(segments.length === 2 ? [] : [`there are ${segments.length} segments`]),
      ...segments
        .filter(({ correlation }) => !(correlation > 0.98))
        .map(() => 'a segment is not what was played'),
      ...(segments[1]?.gapCause === 'device-lost' ? [] : ['the gap does not tell its cause']),
      ...(new Set(recordings.map(({ takeId }) => takeId)).size === 1 ? [] : ['it is not one take']),
    ];
    return { saidAfterSeconds, segments, broken };
  } finally {
    await studio.close();
    room.close();
  }
}

interface Room {
  play(samples: Float32Array): void;
  /** Takes the microphone away from whoever listens to it. */
  unplug(): void;
  plugIn(rateHz: number): void;
  close(): void;
}

/** A sound server for this process and its children only, where a microphone hears the loudspeaker. */
async function openRoom(): Promise<Room> {
  const folder = mkdtempSync(join(tmpdir(), 'vrp-room-'));
  const socket = join(folder, 'native');
  const places = { PULSE_SERVER: `unix:${socket}`, PULSE_RUNTIME_PATH: folder, PULSE_STATE_PATH: folder };
  Object.assign(process.env, places);
  const running: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) =>
    void running.push(spawn(program, args, { stdio: 'ignore' }));
  const control = (...args: string[]) => execFileSync('pactl', args, { encoding: 'utf8' }).trim();
  const modules = [
    `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    `module-null-sink sink_name=room rate=${RATE_HZ}`,
    'module-cli-protocol-unix',
  ];
  start('pulseaudio', '-n', '--exit-idle-time=-1', ...modules.flatMap((module) => ['-L', module]));
  for (let tries = 0; spawnSync('pactl', ['info']).status !== 0; tries++) {
    if (tries === 50) throw new Error('PulseAudio does not start here.');
    await sleep(100);
  }
  let plugged = '';
  const room: Room = {
    play: (samples) => {
      const wav = join(folder, 'voice.wav');
      writeWav(wav, samples, RATE_HZ);
      start('paplay', wav);
    },
    unplug: () => {
      // The server would lead a listener to another source; it is cut off, as it is when there is none.
      for (const line of control('list', 'short', 'source-outputs').split('\n')) {
        const [id = '', , client] = line.split('\t');
        if (client !== '-') execFileSync('pacmd', ['kill-source-output', id]);
      }
      control('unload-module', plugged);
    },
    plugIn: (rateHz) => {
      // Browsers take no monitor of a loudspeaker for a microphone.
      const source = ['master=room.monitor', 'source_name=microphone', `rate=${rateHz}`];
      plugged = control('load-module', 'module-remap-source', ...source);
    },
    close: () => {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  room.plugIn(RATE_HZ);
  return room;
}
