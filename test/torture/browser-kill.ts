import type { Page } from 'playwright-core';
import { customPreset, findPreset, PRESETS, type Preset } from '../../src/model/preset.ts';
import type { Recording } from '../../src/model/recording.ts';
import { type FoundChromium, findChromium } from '../e2e/chromium.ts';
import { recordedFor, shownSeconds } from '../e2e/shown-seconds.ts';
import { openStudio, type Studio } from '../e2e/studio.ts';
import { seededRandom } from '../voice-wav.ts';

export interface BrowserKillOptions {
  readonly seed: number;
  /** Id of one preset; all of them, and a custom one, when missing. */
  readonly preset?: string | undefined;
  /** Of each preset. */
  readonly kills: number;
  /** The longest take; the kill comes somewhere within it. */
  readonly takeSeconds?: number;
  /** More than a second: a machine that has much else to do. */
  readonly allowedLossSeconds?: number;
}

interface KillMoment {
  /** From the moment before Record was pressed to the moment after the browser was dead. */
  readonly spokenSeconds: number;
  /** What the page called captured just before. */
  readonly shownSeconds: number;
}

interface KillResult extends KillMoment {
  readonly preset: string;
  readonly storedSeconds: number;
  readonly lostSeconds: number;
  /** Of what is stored and what was played. */
  readonly correlation: number;
}

export interface BrowserKillReport {
  readonly kills: readonly KillResult[];
  readonly mostLostSeconds: number;
  readonly broken: readonly string[];
}

const CUSTOM = customPreset('opus', 2, 96_000);
const TAKE_SECONDS = 20;
/** Shorter ones hold too little to be told from any other second. */
const SHORTEST_SECONDS = 2;
const ALLOWED_LOSS_SECONDS = 1;
// A busy machine takes its time over everything but the sound.
const PATIENCE_MS = 120_000;

/** Records in a real browser, kills all of it at seeded moments, opens it again, and listens to what the server has. */
export async function run(options: BrowserKillOptions): Promise<BrowserKillReport> {
  const found = await findChromium();
  if (!found) throw new Error('There is no Chromium to be killed.');
  const presets = options.preset === undefined ? [...PRESETS, CUSTOM] : [presetOf(options.preset)];
  const kills: KillResult[] = [];
  const broken: string[] = [];
  for (const preset of presets) {
    for (const outcome of await killTakes(found, preset, options)) {
      if (typeof outcome === 'string') broken.push(outcome);
      else kills.push(outcome);
    }
  }
  return {
    kills,
    mostLostSeconds: Math.max(0, ...kills.map(({ lostSeconds }) => lostSeconds)),
    broken: [...broken, ...kills.flatMap((kill) => faultsOf(kill, options.allowedLossSeconds))],
  };
}

function presetOf(id: string): Preset {
  const preset = id === 'custom' ? CUSTOM : findPreset(id);
  if (!preset) throw new Error(`There is no preset "${id}".`);
  return preset;
}

function faultsOf(kill: KillResult, allowedLossSeconds = ALLOWED_LOSS_SECONDS): string[] {
  const { preset, shownSeconds, storedSeconds, lostSeconds, correlation } = kill;
  const faults: string[] = [];
  if (lostSeconds > allowedLossSeconds) faults.push(`${preset}: ${lostSeconds.toFixed(2)} s are lost`);
  if (storedSeconds < shownSeconds)
    faults.push(`${preset}: the page said ${shownSeconds} s, ${storedSeconds.toFixed(2)} s are stored`);
  if (correlation < 0.99) faults.push(`${preset}: alike what was played by ${correlation.toFixed(4)} only`);
  return faults;
}

async function killTakes(
  found: FoundChromium,
  preset: Preset,
  { seed, kills, takeSeconds = TAKE_SECONDS }: BrowserKillOptions,
): Promise<(KillResult | string)[]> {
  const random = seededRandom(seed);
  const outcomes: (KillResult | string)[] = [];
  const studio = await openStudio(found, takeSeconds + 15);
  try {
    await studio.page.getByRole('heading', { level: 1 }).first().waitFor();
    // As on a page that was opened before: the first visit introduces itself.
    studio.page.setDefaultTimeout(PATIENCE_MS);
    await passFirstRun(studio.page);
    for (let kill = 0; kill < kills; kill += 1) {
      const wishedMs = (SHORTEST_SECONDS + random() * (takeSeconds - SHORTEST_SECONDS)) * 1000;
      // Opened anew, the microphone begins at its beginning.
      await studio.page.reload();
      await choosePreset(studio.page, preset);
      const known = new Set((await studio.recordings()).map(({ id }) => id));
      const moment = await recordUntilKilled(studio, wishedMs);
      await studio.startBrowser();
      studio.page.setDefaultTimeout(PATIENCE_MS);
      await finishTake(studio.page);
      const made = (await studio.recordings()).filter(({ id }) => !known.has(id));
      outcomes.push(...(await judge(studio, preset, made, moment)));
      tell(outcomes.at(-1));
    }
  } finally {
    await studio.close();
  }
  return outcomes;
}

async function judge(
  studio: Studio,
  preset: Preset,
  made: readonly Recording[],
  { spokenSeconds, shownSeconds }: KillMoment,
): Promise<(KillResult | string)[]> {
  const [recording, ...others] = made;
  if (!recording || others.length > 0)
    return [`${preset.id}: a killed take became ${made.length} recordings`];
  const { codec, warnings } = recording;
  if (codec !== preset.codec || recording.preset !== preset.id || warnings.length > 0)
    return [`${preset.id}: stored as ${codec}, preset ${recording.preset}, ${JSON.stringify(warnings)}`];
  const { durationSeconds, correlation } = await studio.hear(recording);
  const lostSeconds = spokenSeconds - durationSeconds;
  const storedSeconds = durationSeconds;
  return [{ preset: preset.id, spokenSeconds, shownSeconds, storedSeconds, lostSeconds, correlation }];
}

async function recordUntilKilled(studio: Studio, forMs: number): Promise<KillMoment> {
  const { page } = studio;
  await page.getByText('The microphone is open').waitFor();
  // A little early: what is lost is rather said too large than too small.
  const pressedAtMs = performance.now();
  await page.keyboard.press('r');
  await page.waitForTimeout(forMs);
  const shown = await shownSeconds(page, 'captured');
  const killedAtMs = await studio.killBrowser();
  return { spokenSeconds: (killedAtMs - pressedAtMs) / 1000, shownSeconds: shown };
}

/** What is left of the take is sent by itself; Stop says that nothing will follow. */
async function finishTake(page: Page): Promise<void> {
  await page.getByText('Paused', { exact: true }).first().waitFor();
  // A key may come before the page listens to keys.
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('heading', { name: 'Saved' }).waitFor();
}

async function choosePreset(page: Page, preset: Preset): Promise<void> {
  await page.getByRole('radio', { name: new RegExp(`^${preset.name}`) }).check();
}

async function passFirstRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start recording' }).click();
  // Of less than a second nothing may be left to save.
  await recordedFor(page, 2, PATIENCE_MS);
  // A key may come before the page listens to keys.
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('heading', { name: 'Saved' }).waitFor();
}

function tell(outcome: KillResult | string | undefined): void {
  if (outcome === undefined) return;
  console.log(
    typeof outcome === 'string'
      ? outcome
      : `${outcome.preset}: killed after ${outcome.spokenSeconds.toFixed(2)} s, ${outcome.lostSeconds.toFixed(2)} s lost, ` +
          `alike by ${outcome.correlation.toFixed(4)}`,
  );
}
