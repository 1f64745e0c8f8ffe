import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Recording } from '../../src/model/recording.ts';
import type { TimelineEvent } from '../../src/model/take-timeline.ts';
import { decodePcm } from '../decode-pcm.ts';
import { seriousFindings } from './accessibility.ts';
import { findChromium } from './chromium.ts';
import { pressRecord } from './press-record.ts';
import { recordedFor } from './shown-seconds.ts';
import { openStudio, type Studio, type Voice } from './studio.ts';
import { unbrokenPieces } from './unbroken-pieces.ts';

const found = await findChromium();
const SILENCE = { from: 8, to: 10 };
const CLIPPING = { from: 12, to: 13 };
const FROZEN_MS = 3_000;

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe.skipIf(!found)('the watchdog of a take (skipped without Chromium)', () => {
  it('says silence, clipping and a standstill, and keeps them at their places on the timeline', async () => {
    const { page, ...rest } = await begin(90, { spoil });
    await beginTake(page);
    // Both are waited for from the beginning: neither is said for long.
    const [silenceSaidMs, clippingSaidMs] = await Promise.all(
      ['Nothing but digital silence', 'The input is too loud'].map(async (said) => {
        await notice(page, said).first().waitFor();
        return Date.now();
      }),
    );
    await page.keyboard.press('m');
    await page.getByPlaceholder('What is to be found here').fill('After the noise');
    await page.waitForTimeout(2_000);
    const frozen = await rest.freeze('browser', FROZEN_MS);
    await notice(page, 'stood still').first().waitFor();
    const standstillSaidMs = Date.now();
    await expect.poll(() => notice(page, 'Nothing but digital silence').count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'Saved' }).waitFor();

    const [recording, ...others] = await settled(rest, (first) => first.timeline.length >= 3);
    expect(others).toEqual([]);
    const { offsetSeconds } = await rest.hear(recording!);
    const startedMs = Date.parse(recording!.recordedAt!);
    const silence = find(recording!, 'silence');
    const clipping = find(recording!, 'clipping');
    const frozenAtSeconds = (frozen.fromMs - startedMs) / 1000;
    const fromFreeze = ({ atSeconds }: TimelineEvent) => Math.abs(atSeconds - frozenAtSeconds);
    // A busy machine may stand still by itself as well.
    const [standstill] = recording!.timeline
      .filter(({ kind }) => kind === 'page-frozen')
      .sort((a, b) => fromFreeze(a) - fromFreeze(b));
    if (!standstill) throw new Error(`No standstill in ${JSON.stringify(recording!.timeline)}`);
    // What a busy machine dropped moves what comes after it.
    const dropped = recording!.timeline.filter(
      (event) => event !== standstill && ['drop-out', 'page-frozen'].includes(event.kind),
    );
    const slackSeconds = dropped.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    near(silence.atSeconds, SILENCE.from - offsetSeconds, slackSeconds);
    near(silence.durationSeconds, SILENCE.to - SILENCE.from, slackSeconds);
    near(clipping.atSeconds, CLIPPING.from - offsetSeconds, slackSeconds);
    near(clipping.durationSeconds, CLIPPING.to - CLIPPING.from, slackSeconds);
    // Clocks of two processes, and sound that was on its way when everything stopped.
    near(standstill.atSeconds, frozenAtSeconds, 0.7 + slackSeconds);
    // It may have lasted longer than it was meant to, and was over when it was said.
    expect(standstill.durationSeconds).toBeGreaterThan(FROZEN_MS / 1000 - 1);
    expect(standstill.durationSeconds).toBeLessThan((standstillSaidMs - frozen.fromMs) / 1000 + 1);
    expect(recording!.markers).toEqual([{ atSeconds: expect.any(Number), label: 'After the noise' }]);
    const markedAt = recording!.markers[0]!.atSeconds;
    expect(markedAt).toBeGreaterThan(clipping.atSeconds);
    expect(markedAt).toBeLessThan(standstill.atSeconds);
    const saidAfter = (saidMs: number, event: TimelineEvent) =>
      ((saidMs - startedMs) / 1000 - event.atSeconds).toFixed(2);
    console.log(
      `said on the page after the beginning: silence ${saidAfter(silenceSaidMs!, silence)} s, ` +
        `clipping ${saidAfter(clippingSaidMs!, clipping)} s, ` +
        `standstill ${((standstillSaidMs - frozen.untilMs) / 1000).toFixed(2)} s after it was over; ` +
        `missing ${standstill.durationSeconds} s`,
    );
    await seeksFromTheLibrary(page, recording!, silence);
  });

  it('splits a take at the sample: the parts in FLAC are the sound of the microphone, bit by bit', async () => {
    const { page, played, ...rest } = await begin(60, { sampleRateHz: 44_100 });
    await remember(page, { 'vrp-capture-settings': '{"splitMinutes":0.1}', 'vrp-preset': 'archive' });
    await beginTake(page);
    await recordedFor(page, 14);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    const parts = await rest.recordings();
    expect(parts.length).toBeGreaterThanOrEqual(3);
    expect(parts.map(({ segment, gapBefore }) => [segment, gapBefore])).toEqual(
      parts.map((_, index) => [index, index === 0 ? null : { durationSeconds: 0, cause: 'split' }]),
    );
    const whole: number[] = [];
    const timeline: TimelineEvent[] = [];
    for (const [index, part] of parts.entries()) {
      const { planes } = await decodePcm(`${rest.folders.dataDir}/${part.storedFilename}`);
      if (index < parts.length - 1) expect(planes[0]).toHaveLength(6 * 44_100);
      timeline.push(...part.timeline.map((event) => ({ ...event, atSeconds: event.atSeconds + 6 * index })));
      for (const sample of planes[0]!) whole.push(Math.round(sample * 32_768));
    }
    const source = Array.from(played, (sample) =>
      Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767))),
    );
    for (const { from, to } of unbrokenPieces(timeline, whole.length, 44_100)) {
      const start = placeOf(whole.slice(from, from + 2_000), source);
      expect(start).toBeGreaterThanOrEqual(0);
      const wrong = whole.slice(from, to).findIndex((sample, index) => sample !== source[start + index]);
      expect(wrong).toBe(-1);
    }
  });

  it('sets the ten seconds before Record before the take, when a person wishes that', async () => {
    const { page, ...rest } = await begin(60);
    await beginTake(page);
    await recordedFor(page, 1);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    const choice = page.getByRole('checkbox', { name: 'Keep the last 10 seconds before Record' });
    expect(await choice.isChecked()).toBe(false);
    await choice.check();
    await page.getByText('the last 10 seconds are kept in memory').waitFor();
    await page.waitForTimeout(11_000);
    // A key may be long on its way.
    await page.evaluate(
      "addEventListener('keydown', () => { globalThis.pressedMs = Date.now(); }, { capture: true, once: true })",
    );
    await page.keyboard.press('r');
    await page.getByTestId('captured').waitFor();
    const beganMs = Date.now();
    await recordedFor(page, 13);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor();
    const [, recording] = await rest.recordings();
    const heard = await rest.hear(recording!);
    expect(heard.correlation).toBeGreaterThan(0.99);
    const pressedMs = await page.evaluate<number>('pressedMs');
    // A machine with much else to do may drop a hundredth of a second or hold up the page; nothing else happened.
    const busy = ['drop-out', 'page-frozen'];
    const dropped = recording!.timeline.filter(({ kind }) => busy.includes(kind));
    const slackSeconds = dropped.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    // Of the ten seconds those are kept that lie before the page had come to begin the take.
    const beginningSeconds = (beganMs - pressedMs) / 1000;
    near((pressedMs - Date.parse(recording!.recordedAt!)) / 1000, 10, slackSeconds + beginningSeconds);
    expect(recording!.timeline.filter(({ kind }) => !busy.includes(kind))).toEqual([]);
  });
});

function spoil(samples: Float32Array, sampleRateHz: number): void {
  samples.fill(0, SILENCE.from * sampleRateHz, SILENCE.to * sampleRateHz);
  for (let i = CLIPPING.from * sampleRateHz; i < CLIPPING.to * sampleRateHz; i++) {
    samples[i] = Math.sin(i / 20) >= 0 ? 1 : -1;
  }
}

async function begin(playSeconds: number, voice?: Voice): Promise<Studio> {
  studio = await openStudio(found!, playSeconds, voice);
  await studio.page.getByRole('heading', { level: 1 }).first().waitFor();
  return studio;
}

async function beginTake(page: Page): Promise<void> {
  await pressRecord(page);
  await page.getByTestId('captured').waitFor();
}

/** A notice of the recorder; the same is said to screen readers elsewhere. */
function notice(page: Page, text: string) {
  return page.getByRole('main').getByText(text);
}

/** What a person chose at an earlier visit. */
async function remember(page: Page, choices: Readonly<Record<string, string>>): Promise<void> {
  await page.evaluate(`Object.assign(localStorage, ${JSON.stringify(choices)})`);
  await page.reload();
  await page.getByRole('heading', { level: 1 }).first().waitFor();
}

/** The recordings once the amendments have arrived that follow the last byte. */
async function settled(
  { recordings }: Pick<Studio, 'recordings'>,
  isSettled: (first: Recording) => boolean,
): Promise<readonly Recording[]> {
  await expect.poll(async () => isSettled((await recordings())[0]!)).toBe(true);
  return recordings();
}

function find({ timeline }: Recording, kind: string): TimelineEvent {
  const events = timeline.filter((event) => event.kind === kind);
  expect(events, `${kind} in ${JSON.stringify(timeline)}`).toHaveLength(1);
  return events[0]!;
}

function near(found: number, wanted: number, slackSeconds = 0): void {
  expect(Math.abs(found - wanted), `${found} is not ${wanted}`).toBeLessThanOrEqual(0.3 + slackSeconds);
}

async function seeksFromTheLibrary(page: Page, recording: Recording, event: TimelineEvent): Promise<void> {
  await page.getByRole('link', { name: 'Open in the library' }).click();
  const list = page.getByRole('region', { name: 'Markers and events' });
  await list.getByRole('button', { name: /After the noise/ }).waitFor();
  expect(await list.getByRole('button').count()).toBe(recording.timeline.length + recording.markers.length);
  await list.getByRole('button', { name: /Digital silence/ }).click();
  await expect
    .poll(() => page.evaluate<number>(`document.querySelector('audio').currentTime`))
    .toBeGreaterThanOrEqual(event.atSeconds);
  expect(await seriousFindings(page)).toEqual([]);
}

/** Where `piece` begins in `source`; -1 when nowhere. */
function placeOf(piece: readonly number[], source: readonly number[]): number {
  for (let at = 0; at + piece.length <= source.length; at++) {
    if (piece.every((sample, index) => sample === source[at + index])) return at;
  }
  return -1;
}
