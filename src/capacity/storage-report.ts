import type { Recommendation } from '../model/cleanup.ts';
import type { Clock } from '../model/clock.ts';
import { bytesPerMinute, type Preset } from '../model/preset.ts';
import type { FileCount } from '../stored-files.ts';
import type { StorageReport, StoreRoom } from '../voice-recorder.ts';
import type { Acceptance, RoomReading } from './degradation.ts';
import type { FolderUsages } from './folder-usage.ts';
import { type DayGrowth, FORECAST_DAYS, forecastFull } from './forecast.ts';

/** What is counted on the disk itself; originals are counted by the catalogue. */
export type FolderKind = 'derived' | 'spool' | 'quarantine' | 'backup' | 'database' | 'reserve';

export interface StorageFigures {
  readonly byKind: Readonly<Record<'take' | 'file' | 'edit' | 'trash', FileCount>>;
  readonly growth: readonly (FileCount & { readonly month: string })[];
  readonly days: readonly DayGrowth[];
  readonly firstDay: string | null;
  readonly quarantined: FileCount;
}

interface ReportedSpace extends RoomReading {
  readonly totalBytes: number;
}

export interface StoreRoomDesk {
  readonly presets: readonly Preset[];
  readSpace(): Promise<ReportedSpace>;
  /** What recordings may still fill of it, what must stay free not counted. */
  usableBytesOf(space: ReportedSpace): number;
  reservedBytes(): number;
  acceptanceAt(space: ReportedSpace): Acceptance;
}

export interface StorageReportDesk extends StoreRoomDesk {
  readonly dataDir: string;
  readonly clock: Clock;
  figures(since: string): Promise<StorageFigures>;
  readonly usages: FolderUsages<FolderKind>;
  recommend(): Promise<readonly Recommendation[]>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const NONE: FileCount = { count: 0, bytes: 0 };

/** How much room there is, without a look at the catalogue. */
export async function readStoreRoom(desk: StoreRoomDesk): Promise<StoreRoom> {
  const space = await desk.readSpace();
  const reservedBytes = desk.reservedBytes();
  const roomBytes = Math.max(0, desk.usableBytesOf(space) - reservedBytes);
  return {
    ...space,
    reservedBytes,
    minutesLeft: Object.fromEntries(
      desk.presets.map((preset) => [preset.id, Math.floor(roomBytes / bytesPerMinute(preset))]),
    ),
    acceptance: desk.acceptanceAt(space),
  };
}

/**
 * How much is kept, how much still fits and for how long. `isThorough` waits for what has to be counted on the disk and
 * says what could go; otherwise the last count is told, and none before the first one.
 */
export async function reportStorage(desk: StorageReportDesk, isThorough: boolean): Promise<StorageReport> {
  const nowMs = desk.clock.nowMs();
  const since = new Date(nowMs - (FORECAST_DAYS + 1) * DAY_MS).toISOString();
  const [room, figures, measured, recommendations] = await Promise.all([
    readStoreRoom(desk),
    desk.figures(since),
    isThorough ? desk.usages.measure() : desk.usages.glance(),
    isThorough ? desk.recommend() : undefined,
  ]);
  const roomBytes = Math.max(0, desk.usableBytesOf(room) - room.reservedBytes);
  const { take, file, edit, trash } = figures.byKind;
  const originals = sum(take, file);
  const kept = sum(originals, edit);
  return {
    dataDir: desk.dataDir,
    ...room,
    recordingCount: kept.count,
    recordingBytes: kept.bytes,
    byKind: {
      originals,
      edited: edit,
      // Superseded ones are counted where their files are.
      trash: less(trash, figures.quarantined),
      ...(measured?.usage ?? {}),
    },
    measuredAt: measured?.measuredAt ?? null,
    growth: figures.growth,
    forecast: forecastFull(figures.days, figures.firstDay, roomBytes, nowMs) ?? null,
    ...(recommendations ? { recommendations } : {}),
  };
}

function sum(a: FileCount = NONE, b: FileCount = NONE): FileCount {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}

function less(a: FileCount, b: FileCount): FileCount {
  return { count: Math.max(0, a.count - b.count), bytes: Math.max(0, a.bytes - b.bytes) };
}
