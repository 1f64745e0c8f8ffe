import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import type { Recording } from '../../src/model/recording.ts';
import { decodePcm } from '../decode-pcm.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';
import { type StartedServer, startVrp, type VrpFolders } from '../vrp-process.ts';
import {
  type FoundChromium,
  freezeChromium,
  killChromium,
  launchChromium,
  type MicrophoneKind,
  type Standstill,
} from './chromium.ts';
import { changeRate, type Likeness, likeness } from './hear.ts';
import { unbrokenPieces } from './unbroken-pieces.ts';

const SAMPLE_RATE_HZ = 48_000;

/** A server, a browser with a fake microphone, and ears: everything a story about recording needs. */
export interface Studio {
  readonly folders: VrpFolders;
  readonly profileFolder: string;
  /** The owner's. */
  readonly token: string;
  /** What the microphone hears, from its opening on. */
  readonly played: Float32Array;
  page: Page;
  context: BrowserContext;
  server: StartedServer;
  /** Kills the server as a power cut would and starts it again at the same address. */
  killServer(downMs?: number): Promise<void>;
  /** Ends every process of the browser at once, as a crash of the machine would; resolves to the moment of death. */
  killBrowser(): Promise<number>;
  /** Holds the processes of pages, or all of the browser, as a frozen or sleeping machine does. */
  freeze(which: 'pages' | 'browser', ms: number): Promise<Standstill>;
  /** Starts the browser again with the same profile, still logged in, and opens the recorder. */
  startBrowser(): Promise<void>;
  api<T>(path: string): Promise<T>;
  recordings(): Promise<readonly Recording[]>;
  /**
   * How alike the stored file is to what was played, in the least alike of its pieces between losses that were told;
   * and that its bytes and sidecar are as the catalogue says.
   */
  hear(recording: Recording): Promise<Heard>;
  close(): Promise<void>;
}

export interface Heard extends Likeness {
  readonly durationSeconds: number;
  /** Between losses that were told, in samples; what was played was `offsetSeconds` further on there. */
  readonly pieces: readonly (Likeness & { readonly from: number; readonly to: number })[];
}

export interface Voice {
  readonly sampleRateHz?: number;
  /** Spoils the voice before it is played. */
  readonly spoil?: (samples: Float32Array, sampleRateHz: number) => void;
  readonly microphone?: MicrophoneKind;
  /** More settings of the server than its folders. */
  readonly settings?: NodeJS.ProcessEnv;
}

export async function openStudio(
  found: FoundChromium,
  playSeconds: number,
  { sampleRateHz: rateHz = SAMPLE_RATE_HZ, spoil, microphone = 'fake', settings = {} }: Voice = {},
): Promise<Studio> {
  const folder = await mkdtemp(join(tmpdir(), 'vrp-e2e-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  const played = voiceSamples(playSeconds, rateHz, 22);
  spoil?.(played, rateHz);
  const microphoneWav = join(folder, 'microphone.wav');
  writeWav(microphoneWav, played, rateHz);
  const server = await startVrp(folders, undefined, settings);
  const token = await ownerToken(folders);
  const profileFolder = join(folder, 'profile');
  const context = await launchChromium(found, { profileFolder, microphoneWav, microphone });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(server.loginUrl);
  // A page that is left before has used up its one link to sign in with.
  while ((await context.cookies()).length === 0) await sleep(100);
  await page.getByRole('heading', { level: 1 }).first().waitFor();

  let session: Awaited<ReturnType<BrowserContext['cookies']>> = [];
  const studio: Studio = {
    folders,
    profileFolder,
    token,
    played,
    page,
    context,
    server,
    killServer: async (downMs = 0) => {
      const { port } = studio.server;
      await studio.server.kill();
      await studio.page.waitForTimeout(downMs);
      studio.server = await startVrp(folders, port, settings);
    },
    killBrowser: async () => {
      session = await studio.context.cookies();
      const killedAtMs = await killChromium(profileFolder);
      await studio.context.close().catch(() => {});
      return killedAtMs;
    },
    freeze: (which, ms) => freezeChromium(profileFolder, which, ms),
    startBrowser: async () => {
      studio.context = await launchChromium(found, { profileFolder, microphoneWav, microphone });
      // Chromium writes cookies down after half a minute only.
      await studio.context.addCookies(session);
      studio.page = studio.context.pages()[0] ?? (await studio.context.newPage());
      await studio.page.goto(studio.server.baseUrl);
    },
    api: async <T>(path: string) => {
      const answer = await fetch(`${studio.server.baseUrl}${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    recordings: async () => {
      const { items } = await studio.api<{ items: Recording[] }>('/api/recordings?order=oldest');
      return items;
    },
    hear: async (recording) => {
      const path = join(folders.dataDir, recording.storedFilename);
      const bytes = await readFile(path);
      const checksum = createHash('sha256').update(bytes).digest('hex');
      if (checksum !== recording.checksum)
        throw new Error(`${path} has ${checksum}, not ${recording.checksum}.`);
      const sidecar = JSON.parse(await readFile(path.replace(/\.\w+$/, '.json'), 'utf8')) as Recording & {
        metadataVersion: number;
      };
      if (sidecar.checksum !== checksum || sidecar.title !== recording.title)
        throw new Error(`The sidecar of ${path} differs.`);
      const { planes, sampleRateHz } = await decodePcm(path);
      const samples = planes[0] ?? new Float32Array(0);
      const heard = changeRate(samples, sampleRateHz, rateHz);
      // It may have been told a moment after the last byte.
      const { timeline } = await studio.api<Recording>(`/api/recordings/${recording.id}`);
      const pieces = unbrokenPieces(timeline, heard.length, rateHz).map(({ from, to }) => {
        const { offsetSeconds, correlation } = likeness(heard.subarray(from, to), played, rateHz);
        return { from, to, offsetSeconds: offsetSeconds - from / rateHz, correlation };
      });
      return {
        offsetSeconds: pieces[0]?.offsetSeconds ?? 0,
        correlation: Math.min(...pieces.map(({ correlation }) => correlation)),
        durationSeconds: samples.length / sampleRateHz,
        pieces,
      };
    },
    close: async () => {
      await studio.context.close().catch(() => {});
      await studio.server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return studio;
}

/** As a server leaves it in its state folder, which holds one store here. */
export async function ownerToken({ stateDir }: VrpFolders): Promise<string> {
  const stores = join(stateDir, 'stores');
  const [storeId = ''] = await readdir(stores);
  return (await readFile(join(stores, storeId, 'owner-token'), 'utf8')).trim();
}
