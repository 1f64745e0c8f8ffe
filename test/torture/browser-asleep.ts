import type { Recording } from '../../src/model/recording.ts';
import { findChromium } from '../e2e/chromium.ts';
import { pressRecord } from '../e2e/press-record.ts';
import { recordedFor } from '../e2e/shown-seconds.ts';
import { openStudio } from '../e2e/studio.ts';
import { seededRandom } from '../voice-wav.ts';

interface AsleepReport {
  readonly asleepSeconds: number;
  /** What the take's timelines say. */
  readonly timeline: Recording['timeline'];
  readonly saidAfterSeconds: number;
  readonly segments: readonly { readonly durationSeconds: number; readonly correlation: number }[];
  readonly broken: readonly string[];
}

const TOLERANCE_SECONDS = 0.5;

/** A laptop that is shut in mid-take: every process of the browser is stopped for `seconds`, and goes on. */
export async function run({ seed, seconds }: { seed: number; seconds: number }): Promise<AsleepReport> {
  const found = await findChromium();
  if (!found) throw new Error('There is no Chromium to put to sleep.');
  const random = seededRandom(seed);
  const studio = await openStudio(found, 120);
  try {
    const { page } = studio;
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await pressRecord(page);
    await recordedFor(page, 5, 60_000);
    await page.waitForTimeout(random() * 2_000);
    const fellAsleepMs = Date.now();
    await studio.freeze('browser', seconds * 1_000);
    const wokeMs = Date.now();
    await page.getByRole('main').getByText('stood still').first().waitFor({ timeout: 30_000 });
    const saidAfterSeconds = (Date.now() - wokeMs) / 1_000;
    await page.waitForTimeout(5_000);
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Saved' }).waitFor({ timeout: 120_000 });
    // The timeline follows the last byte.
    await page.waitForTimeout(3_000);
    const recordings = await studio.recordings();
    const timeline = recordings.flatMap((recording) => recording.timeline);
    const segments = await Promise.all(recordings.map((recording) => studio.hear(recording)));
    const broken = [
      ...judgeTimeline(
        timeline,
        seconds,
        (fellAsleepMs - Date.parse(recordings[0]?.recordedAt ?? '')) / 1_000,
      ),
      ...segments
        .filter(({ correlation }) => !(correlation > 0.99))
        .map(() => 'a segment is not what was played'),
      ...(new Set(recordings.map(({ takeId }) => takeId)).size === 1 ? [] : ['it is not one take']),
    ];
    return { asleepSeconds: seconds, timeline, saidAfterSeconds, segments, broken };
  } finally {
    await studio.close();
  }
}

function judgeTimeline(timeline: Recording['timeline'], seconds: number, atSeconds: number): string[] {
  const standstill = timeline.find(({ kind }) => kind === 'page-frozen');
  if (!standstill) return ['the timeline does not tell of it'];
  const isThere = Math.abs(standstill.atSeconds - atSeconds) <= TOLERANCE_SECONDS;
  const isAsLong = Math.abs(standstill.durationSeconds - seconds) <= TOLERANCE_SECONDS;
  return [
    ...(isThere ? [] : [`it stands at ${standstill.atSeconds} s instead of ${atSeconds} s`]),
    ...(isAsLong ? [] : [`it lasted ${standstill.durationSeconds} s instead of ${seconds} s`]),
  ];
}
