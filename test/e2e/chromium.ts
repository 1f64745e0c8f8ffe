import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium } from 'playwright-core';

/** A machine that runs other tests beside this one may keep a browser waiting. */
export const PATIENCE_MS = 90_000;
/** Outlives a run: the carried Chromium is unpacked into it, which takes seconds. */
const UNPACKED = fileURLToPath(new URL('../../node_modules/.cache/vrp-chromium', import.meta.url));
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** A Chromium that tests can drive: the system's own, else the one that comes as a package. */
export interface FoundChromium {
  readonly program: string;
  readonly args: readonly string[];
}

/** Undefined when there is none; the tests then skip loudly, or fail under `VRP_REQUIRE_E2E=1`. */
export async function findChromium(): Promise<FoundChromium | undefined> {
  const named = process.env['VRP_CHROMIUM'];
  if (named) return { program: named, args: [] };
  if (process.env['VRP_CHROMIUM_FROM_NPM'] !== '1') {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const program = PROGRAMS.map((name) => join(folder, name)).find((path) => existsSync(path));
      if (program) return { program, args: [] };
    }
  }
  try {
    const carried = (await import('@sparticuz/chromium')).default;
    // One process for everything would die whole when one part is killed, which is just what is tested here.
    const dropped = /^--(single-process|no-zygote|headless|disable-web-security|in-process-gpu)/;
    return {
      program: await unpacked(() => carried.executablePath()),
      args: carried.args.filter((arg) => !dropped.test(arg)),
    };
  } catch {
    return undefined;
  }
}

/** The package knows no other place for what it unpacks than the temporary folder. */
async function unpacked(unpack: () => Promise<string>): Promise<string> {
  mkdirSync(UNPACKED, { recursive: true });
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = UNPACKED;
  try {
    return await unpack();
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
}

export interface BrowserWish {
  readonly profileFolder: string;
  /** Played once into the fake microphone, from the moment the page opens it. */
  readonly microphoneWav?: string;
  readonly viewport?: { width: number; height: number };
  readonly colorScheme?: 'light' | 'dark';
  /** `fake` (when not given): one that plays and is allowed; `asked`: nobody said yet; `system`: the machine's own. */
  readonly microphone?: MicrophoneKind;
}

export type MicrophoneKind = 'fake' | 'asked' | 'system';

/** What every browser of a test is started with. */
export function chromiumArgs(found: FoundChromium, microphone: MicrophoneKind = 'fake'): string[] {
  return [
    ...found.args,
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    // No machine that runs tests has one; what stands in for it costs more than drawing without.
    '--disable-gpu',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
    ...(microphone === 'system' ? [] : ['--use-fake-device-for-media-stream']),
    ...(microphone === 'asked' ? [] : ['--use-fake-ui-for-media-stream']),
  ];
}

/** Starts a browser whose storage lasts in `profileFolder` over kills and restarts. */
export async function launchChromium(found: FoundChromium, wish: BrowserWish): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(wish.profileFolder, {
    executablePath: found.program,
    headless: true,
    // What a killed browser leaves in its temporary folder goes with the profile.
    env: { ...process.env, TMPDIR: dirname(wish.profileFolder) },
    viewport: wish.viewport ?? { width: 1280, height: 800 },
    colorScheme: wish.colorScheme ?? 'light',
    // What fades in is half transparent for a moment, and has too little contrast then.
    reducedMotion: 'reduce',
    ...(wish.microphone === 'asked' ? {} : { permissions: ['microphone'] }),
    args: [
      ...chromiumArgs(found, wish.microphone),
      ...(wish.microphoneWav ? [`--use-file-for-fake-audio-capture=${wish.microphoneWav}%noloop`] : []),
    ],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

const GONE_WITHIN_MS = PATIENCE_MS;

/**
 * SIGKILL for the browser that has `profileFolder` open and all its processes. Resolves when none is left, to the
 * moment (as `performance.now()` counts) at which the last had the signal.
 */
export async function killChromium(profileFolder: string): Promise<number> {
  const family = familyOf(profileFolder);
  for (const id of family) signalQuietly(id, 'SIGKILL');
  const killedAtMs = performance.now();
  for (let waitedMs = 0; family.some((id) => existsSync(`/proc/${id}/exe`)); waitedMs += 20) {
    if (waitedMs > GONE_WITHIN_MS)
      throw new Error(`Some of the browser's processes live on: ${family.join(', ')}`);
    await sleep(20);
  }
  return killedAtMs;
}

/** When it was that nothing ran, as the wall clock counts. */
export interface Standstill {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** SIGSTOP for the processes that show pages, or for all of the browser; after `ms` they go on. */
export async function freezeChromium(
  profileFolder: string,
  which: 'pages' | 'browser',
  ms: number,
): Promise<Standstill> {
  const stopped = familyOf(profileFolder).filter((id) => which === 'browser' || isRenderer(id));
  for (const id of stopped) signalQuietly(id, 'SIGSTOP');
  const fromMs = Date.now();
  await sleep(ms);
  const untilMs = Date.now();
  for (const id of stopped.reverse()) signalQuietly(id, 'SIGCONT');
  return { fromMs, untilMs };
}

function familyOf(profileFolder: string): number[] {
  // `<host>-<process id>`
  return descendantsOf(Number(/\d+$/.exec(readlinkSync(join(profileFolder, 'SingletonLock')))?.[0]));
}

/** Resident memory of the largest page process of the browser that has `profileFolder` open, in megabytes. */
export function rendererMegabytes(profileFolder: string): number {
  const kilobytes = familyOf(profileFolder)
    .filter(isRenderer)
    .map((id) => Number(/VmRSS:\s+(\d+)/.exec(procFile(id, 'status'))?.[1] ?? 0));
  return Math.round((Math.max(0, ...kilobytes) * 1024) / 1e6);
}

function isRenderer(id: number): boolean {
  return procFile(id, 'cmdline').includes('--type=renderer');
}

/** Empty when the process is gone. */
function procFile(id: number, name: string): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** `root` and all that it started, directly or not. */
function descendantsOf(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const family = [root];
  for (const member of family) {
    for (const [id, parent] of parents) if (parent === member && !family.includes(id)) family.push(id);
  }
  return family;
}

function parentOf(id: string): number {
  // `id (name) state parent …`, and the name may hold anything.
  return Number(/.*\) \S (\d+)/s.exec(procFile(Number(id), 'stat'))?.[1]);
}

function signalQuietly(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch {
    // It was gone before.
  }
}
