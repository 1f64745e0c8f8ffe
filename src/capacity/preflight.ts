import type { FailureCode } from '../model/failure.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { formatBytes, formatSpan } from '../model/format.ts';
import type { HealthCheckResult } from '../model/health.ts';
import type { Preflight, PreflightReason, PreflightWish } from '../model/preflight.ts';
import { bytesPerMinute, DEFAULT_PRESET, findPreset, type Preset } from '../model/preset.ts';
import type { Acceptance, RoomReading } from './degradation.ts';

export interface PreflightDesk {
  /** Asks health checks of these names now, each within its time. */
  ask(names: readonly string[]): Promise<readonly HealthCheckResult[]>;
  readSpace(): Promise<RoomReading>;
  /** What may be filled of it, beside what must stay free and what is promised. */
  roomBytes(space: RoomReading): number;
  acceptanceAt(space: RoomReading): Acceptance;
  /** Largest file that is taken in; null when only the room limits it. Never judges a take. */
  readonly maxFileBytes: number | null;
  readonly isOverloaded: () => boolean;
  recordingCount(): Promise<number>;
}

/** What nothing can be taken in without, and what is answered then. */
const CHECKS: Readonly<Record<string, FailureCode>> = {
  database: 'catalogue-unavailable',
  'store-marker': 'store-marker-missing',
  'store-writable': 'store-not-writable',
  inodes: 'disk-full',
};
/** From so many recordings on it matters that there is no second copy of them. */
const MANY_RECORDINGS = 10;
const MAKE_ROOM = 'See "vrp cleanup" or the Storage page for what could go.';

/**
 * Looks whether something can be done before it is begun: by writing to the disk, by asking the database, by counting
 * what fits. Rejects with `invalid-input` for a preset that there is none of, or for both minutes and bytes.
 */
export async function judgePreflight(desk: PreflightDesk, wish: PreflightWish): Promise<Preflight> {
  const preset = presetOf(wish);
  const neededBytes = neededBytesOf(wish, preset);
  const [space, results, count] = await Promise.all([
    desk.readSpace(),
    desk.ask(Object.keys(CHECKS)),
    desk.recordingCount().catch(() => 0),
  ]);
  const roomBytes = desk.roomBytes(space);
  const minutesFit = Math.floor(roomBytes / bytesPerMinute(preset));
  const reasons = [
    ...roomReasons(desk, wish, { space, roomBytes, neededBytes, minutesFit }),
    ...results.flatMap(reasonOf),
    ...(desk.isOverloaded() ? [OVERLOADED] : []),
    ...(count > MANY_RECORDINGS && purposeOf(wish) === 'record' ? [noSecondCopy(count)] : []),
  ].sort((a, b) => a.severity.localeCompare(b.severity));
  const isNo = reasons.some(({ severity }) => severity === 'fail');
  return {
    answer: isNo ? 'no' : reasons.length > 0 ? 'yes-with-warning' : 'yes',
    minutesFit,
    freeBytes: space.freeBytes,
    neededBytes,
    reasons,
  };
}

const OVERLOADED: PreflightReason = {
  code: 'server-busy',
  severity: 'fail',
  message: 'The server has more to do than it can: nothing new is taken in for now.',
  remedy: 'Wait a moment; give the machine less to do or more memory.',
};

function purposeOf({ purpose = 'record' }: PreflightWish) {
  return purpose;
}

function presetOf({ preset: id }: PreflightWish): Preset {
  const preset = id === undefined ? DEFAULT_PRESET : findPreset(id);
  if (preset !== undefined) return preset;
  throw new VoiceRecorderError('invalid-input', `There is no preset "${id}".`);
}

function neededBytesOf({ minutes, bytes }: PreflightWish, preset: Preset): number | null {
  if (minutes !== undefined && bytes !== undefined)
    throw new VoiceRecorderError('invalid-input', 'Either minutes or bytes are asked for, not both.');
  if (bytes !== undefined) return bytes;
  return minutes === undefined ? null : Math.ceil(minutes * bytesPerMinute(preset));
}

interface Room {
  readonly space: RoomReading;
  readonly roomBytes: number;
  readonly neededBytes: number | null;
  readonly minutesFit: number;
}

function* roomReasons(
  { acceptanceAt, maxFileBytes }: PreflightDesk,
  wish: PreflightWish,
  { space, roomBytes, neededBytes, minutesFit }: Room,
): Generator<PreflightReason> {
  const purpose = purposeOf(wish);
  const isTake = purpose === 'record';
  const { takes, imports } = acceptanceAt(space);
  const free = formatBytes(space.freeBytes);
  const isRefused = isTake ? !takes : !imports && purpose !== 'backup';
  if (isRefused) {
    const what = isTake ? 'No new take' : 'No file';
    yield {
      ...{ code: 'disk-full', severity: 'fail', remedy: MAKE_ROOM },
      message: `${what} is taken in: only ${free} are free on the disk.`,
    };
  } else if (neededBytes !== null && neededBytes > roomBytes) {
    // A take that runs into a full disk ends as a whole recording; a file that does not fit is nothing.
    yield isTake
      ? {
          ...{ code: 'room-short', severity: 'warn', remedy: MAKE_ROOM },
          message: `There is room for ${formatSpan(minutesFit * 60)}: the take would end there, and be kept.`,
        }
      : {
          ...{ code: 'disk-full', severity: 'fail', remedy: MAKE_ROOM },
          message: `${formatBytes(neededBytes)} do not fit: there is room for ${formatBytes(roomBytes)}.`,
        };
  }
  if (purpose === 'upload' && maxFileBytes !== null && (neededBytes ?? 0) > maxFileBytes) {
    yield {
      ...{ code: 'file-too-large', severity: 'fail', remedy: 'Raise VRP_MAX_FILE_MB, or send it in parts.' },
      message: `${formatBytes(neededBytes ?? 0)} are more than one file may have (${formatBytes(maxFileBytes)}).`,
    };
  }
}

function reasonOf({ name, status, message, remedy }: HealthCheckResult): PreflightReason[] {
  const code = CHECKS[name];
  if (code === undefined || status === 'pass') return [];
  return [{ code, severity: status === 'warn' ? 'warn' : 'fail', message, remedy }];
}

function noSecondCopy(count: number): PreflightReason {
  return {
    ...{ code: 'no-second-copy', severity: 'warn' },
    message: `There is no second copy of the ${count} recordings of this store: a lost disk would take them all.`,
    remedy: 'Copy the data folder to another disk or machine regularly.',
  };
}
