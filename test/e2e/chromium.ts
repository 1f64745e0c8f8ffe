import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

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
      program: await carried.executablePath(),
      args: carried.args.filter((arg) => !dropped.test(arg)),
    };
  } catch {
    return undefined;
  }
}

export interface BrowserWish {
  readonly profileFolder: string;
  /** Played once into the fake microphone, from the moment the page opens it. */
  readonly microphoneWav?: string;
  readonly viewport?: { width: number; height: number };
  readonly colorScheme?: 'light' | 'dark';
}

/** Starts a browser whose storage lasts in `profileFolder` over kills and restarts. */
export async function launchChromium(found: FoundChromium, wish: BrowserWish): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(wish.profileFolder, {
    executablePath: found.program,
    headless: true,
    viewport: wish.viewport ?? { width: 1280, height: 800 },
    colorScheme: wish.colorScheme ?? 'light',
    permissions: ['microphone'],
    args: [
      ...found.args,
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      ...(wish.microphoneWav ? [`--use-file-for-fake-audio-capture=${wish.microphoneWav}%noloop`] : []),
    ],
  });
}
