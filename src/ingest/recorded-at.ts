import type { EmbeddedTags } from '../model/audio-facts.ts';
import type { UploadWish } from '../model/upload.ts';

export interface RecordedAt {
  readonly recordedAt: string | null;
  /** `take`, `given`, `bext`, `tags`, `filename` or `file-date`; null when nothing told. */
  readonly recordedAtSource: string | null;
}

export interface DateClues {
  readonly wish: Pick<UploadWish, 'kind' | 'recordedAt' | 'recordedAtSource' | 'recordedAtZone'>;
  readonly embedded: EmbeddedTags;
  /** When the container says it was made: often only when it was copied or converted, so the name goes before. */
  readonly madeAt: string | null;
  readonly filename: string;
  /** What a clock that says later than this says is not believed. */
  readonly createdAt: string;
  /** IANA zone of dates that name none. */
  readonly localZone: string;
}

const DAY_MS = 24 * 3600 * 1000;
// Recorders that lost their clock say 1970 or (QuickTime) 1904.
const FIRST_BELIEVED_MS = Date.UTC(1970, 0, 2);

/** When the audio was recorded, by the best witness: the person, the recorder, the tags, the name, the file's date. */
export function findRecordedAt(clues: DateClues): RecordedAt {
  const { wish, embedded } = clues;
  const given = wish.recordedAt === null ? undefined : parseInstant(wish.recordedAt);
  const isFileDate = wish.recordedAtSource === 'file-date';
  const zone = wish.recordedAtZone ?? clues.localZone;
  if (given !== undefined && !isFileDate) {
    return answer(given, wish.recordedAtSource ?? (wish.kind === 'take' ? 'take' : 'given'));
  }
  const lastBelievedMs = Date.parse(clues.createdAt) + 2 * DAY_MS;
  const isBelieved = (ms: number | undefined): ms is number =>
    ms !== undefined && ms >= FIRST_BELIEVED_MS && ms <= lastBelievedMs;
  const witnesses: readonly [string, number | undefined][] = [
    ['bext', fromBroadcastWave(embedded, zone)],
    ['tags', embedded.date === null ? undefined : parseTagDate(embedded.date, zone)],
    ['filename', fromFileName(clues.filename, zone)],
    ['tags', clues.madeAt === null ? undefined : parseInstant(clues.madeAt)],
    ['file-date', given],
  ];
  for (const [source, ms] of witnesses) if (isBelieved(ms)) return answer(ms, source);
  return { recordedAt: null, recordedAtSource: null };
}

function answer(ms: number, source: string): RecordedAt {
  return { recordedAt: new Date(ms).toISOString(), recordedAtSource: source };
}

/** EBU Tech 3285: date and time of the recorder, in its own zone; the separators vary between makers. */
function fromBroadcastWave({ bext }: EmbeddedTags, zone: string): number | undefined {
  const date = /^(\d{4})\D(\d\d)\D(\d\d)/.exec(String(bext?.['originationDate'] ?? ''));
  const time = /^(\d\d)\D(\d\d)\D(\d\d)/.exec(String(bext?.['originationTime'] ?? ''));
  return date === null ? undefined : localInstant([...date.slice(1), ...(time?.slice(1) ?? [])], zone);
}

/** A year alone is when an album came out, not when something was recorded. */
function parseTagDate(text: string, zone: string): number | undefined {
  if (/(Z|[+-]\d\d:?\d\d)$/.test(text.trim())) return parseInstant(text.trim());
  const parts = /^(\d{4})[-:/.](\d\d)[-:/.](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?/.exec(text.trim());
  return parts === null ? undefined : localInstant(parts.slice(1), zone);
}

/** `20261122T213205Z`, `2026-11-22 21.32.05`, `20261122_213205`, `2026-11-22`, `AUD-20261122-WA0001`. */
function fromFileName(name: string, zone: string): number | undefined {
  const parts =
    /(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:(?:[T _-]|, | at )(\d\d)([-_.:h]?)(\d\d)(?:\6(\d\d))?(?!\d)(Z)?)?(?!\d)/.exec(
      name,
    );
  if (parts === null) return undefined;
  const [, year, , month, day, hour, , minute, second, utc] = parts;
  return localInstant([year, month, day, hour, minute, second], utc === 'Z' ? 'UTC' : zone);
}

function parseInstant(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Year, month, day and perhaps hour, minute, second on the clocks of `zone`. Undefined for a day there never was. */
function localInstant(parts: readonly (string | undefined)[], zone: string): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number(part ?? 0),
  );
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(asUtc);
  const isReal =
    back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!isReal) return undefined;
  // The second look is for the hours around a change of the clocks.
  const first = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(first, zone);
}

function offsetMs(atMs: number, zone: string): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: zoneOrUtc(zone), timeZoneName: 'longOffset' })
    .formatToParts(atMs)
    .find((part) => part.type === 'timeZoneName')?.value;
  const offset = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '');
  if (offset === null) return 0;
  const ms = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  return offset[1] === '-' ? -ms : ms;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function zoneOrUtc(zone: string): string {
  return isZone(zone) ? zone : 'UTC';
}
