import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recording } from '../../src/model/recording.ts';
import { decodePcm } from '../decode-pcm.ts';
import { findChromium } from '../e2e/chromium.ts';
import { likeness } from '../e2e/hear.ts';
import { openUnwatchedPage } from '../e2e/unwatched-page.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';
import { runVrp, startVrp } from '../vrp-process.ts';

interface HiddenReport {
  readonly hiddenSeconds: number;
  readonly storedSeconds: number;
  readonly correlation: number;
  /** What the take noticed, by kind. */
  readonly timeline: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

const RATE_HZ = 48_000;
const MOMENT_MS = 5_000;

/** A take in a tab that is hidden for `seconds`; after five minutes Chromium wakes the timers of such a tab once a minute. */
export async function run({ seconds }: { readonly seconds: number }): Promise<HiddenReport> {
  const found = await findChromium();
  if (!found || process.env['DISPLAY'] === undefined) {
    throw new Error(
      'This needs a Chromium and a screen, for example one of Xvfb: without one no tab is hidden.',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'vrp-hidden-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  const played = voiceSamples(seconds + 60, RATE_HZ, 24);
  const wav = join(folder, 'microphone.wav');
  writeWav(wav, played, RATE_HZ);
  const server = await startVrp(folders);
  const page = await openUnwatchedPage(found, join(folder, 'profile'), {
    isShown: true,
    args: [`--use-file-for-fake-audio-capture=${wav}%noloop`],
  });
  try {
    const press = (key: string) =>
      page.evaluate(`dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }))`);
    await page.open(server.loginUrl);
    await sleep(MOMENT_MS);
    await press('r');
    await sleep(MOMENT_MS);
    await page.hide();
    await sleep(seconds * 1_000);
    await press('s');
    const recording = await stored(server.baseUrl, (await runVrp(folders, ['token'])).stdout.trim());
    const { planes, sampleRateHz } = await decodePcm(join(folders.dataDir, recording.storedFilename));
    const samples = planes[0] ?? new Float32Array(0);
    const storedSeconds = samples.length / sampleRateHz;
    // The last minute is what the deepest sleep would have cost.
    const { correlation } = likeness(samples.subarray(-60 * sampleRateHz), played, RATE_HZ);
    const kinds = Map.groupBy(recording.timeline, ({ kind }) => kind);
    const timeline = Object.fromEntries([...kinds].map(([kind, events]) => [kind, events.length]));
    const broken = [
      ...(storedSeconds >= seconds ? [] : [`${storedSeconds} s of more than ${seconds} s are stored`]),
      ...(correlation > 0.99 ? [] : ['the end is not what was played']),
    ];
    return { hiddenSeconds: seconds, storedSeconds, correlation, timeline, broken };
  } finally {
    await page.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The one recording, once the amendments have arrived that follow its last byte. */
async function stored(baseUrl: string, token: string): Promise<Recording> {
  for (let tries = 0; tries < 60; tries++) {
    await sleep(1_000);
    const headers = { authorization: `Bearer ${token}` };
    const list = (await (await fetch(`${baseUrl}/api/recordings`, { headers })).json()) as {
      items: Recording[];
    };
    if (list.items[0] === undefined) continue;
    await sleep(MOMENT_MS);
    const answer = await fetch(`${baseUrl}/api/recordings/${list.items[0].id}`, { headers });
    return (await answer.json()) as Recording;
  }
  throw new Error('The take never became a recording.');
}
