import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderDurably, syncFolder } from '../durable/folder.ts';
import { namesIn } from '../durable/folder-names.ts';
import type { RecordingId } from '../model/id.ts';
import { type Disk, removeFolder, systemDisk } from './disk.ts';
import { GroupSync } from './group-sync.ts';
import { encodeFirstBlock } from './journal-format.ts';
import { LogCheckpoint } from './log-checkpoint.ts';
import { OpenDescriptors } from './open-descriptors.ts';
import { oncePlayedBack, type PlayedBack } from './play-back.ts';
import { RunningDigests } from './running-digest.ts';
import { SpoolHands } from './spool-hands.ts';
import { COPY_INFO_NAME, dataPath, journalPath, logNumberOf, uploadFolder } from './spool-layout.ts';
import { formatUploadInfo, type UploadInfo, writeUploadInfo } from './upload-info.ts';
import type { UploadLane } from './upload-lane.ts';
import { DEFAULT_EXPIRY_MS, DEFAULT_TUNING, type UploadsDesk, type UploadsTuning } from './uploads-desk.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** What all parts of the spool work with. */
export interface SpoolTools {
  readonly desk: UploadsDesk;
  readonly tuning: UploadsTuning;
  readonly expiryMs: number;
  readonly disk: Disk;
  readonly sync: GroupSync;
  readonly descriptors: OpenDescriptors;
  readonly hands: SpoolHands;
  readonly digests: RunningDigests;
  /** Makes the records of short bodies safe. */
  readonly ahead: WriteAheadLog;
  /** Resolves when what earlier runs left in the write-ahead log is in the uploads' own files. */
  readonly playBack: () => Promise<PlayedBack>;
  log(level: 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>): void;
}

export async function openSpoolTools(desk: UploadsDesk): Promise<SpoolTools> {
  await makeFolderDurably(desk.spoolPath);
  const tuning = { ...DEFAULT_TUNING, ...desk.tuning };
  const disk = desk.disk ?? systemDisk;
  const sync = new GroupSync(disk);
  const descriptors = new OpenDescriptors(tuning.openUploads);
  const hands = new SpoolHands(desk.threadEntry);
  const { spoolPath } = desk;
  const numbers = (await namesIn(spoolPath)).map(logNumberOf).filter((number) => number !== undefined);
  const lastNumber = Math.max(0, ...numbers);
  return {
    desk,
    tuning,
    disk,
    expiryMs: desk.expiryMs ?? DEFAULT_EXPIRY_MS,
    sync,
    descriptors,
    hands,
    digests: new RunningDigests(),
    ahead: new WriteAheadLog({
      spoolPath,
      disk,
      checkpoint: new LogCheckpoint(disk, sync, descriptors),
      lastNumber,
      tuning,
      freeBytes: () => desk.freeBytes(),
    }),
    playBack: oncePlayedBack(desk, hands, numbers),
    log: (level, message, details) => desk.log?.(level, message, details),
  };
}

/** Makes the folder of a client's upload. Resolves when all of it would survive a power cut. */
export async function makeUploadFolder(tools: SpoolTools, info: UploadInfo): Promise<string> {
  const folder = uploadFolder(tools.desk.spoolPath, info.id);
  await mkdir(folder, { mode: 0o700 });
  try {
    // `info.json` comes last: a folder without it was never answered for.
    await makePairDurably(tools, folder, info);
    await writeUploadInfo(folder, info);
    await syncFolder(tools.desk.spoolPath);
  } catch (error) {
    await removeFolder(folder).catch(() => undefined);
    throw error;
  }
  return folder;
}

async function makePairDurably(tools: SpoolTools, folder: string, info: UploadInfo): Promise<void> {
  const data = await open(dataPath(folder, 1), 'wx', 0o600);
  try {
    const journal = await open(journalPath(folder, 1), 'wx', 0o600);
    try {
      await journal.writeFile(encodeFirstBlock(info.id, 'client', Date.parse(info.createdAt)));
      await tools.sync.sync(data.fd, journal.fd);
    } finally {
      await journal.close();
    }
  } finally {
    await data.close();
  }
}

/**
 * Makes the folder of an adopted copy, whose source stays until the copy has become a recording. A crash may leave any
 * part of it, and the copy is made again, so nothing is synced here.
 */
export async function makeCopyFolder(tools: SpoolTools, info: UploadInfo): Promise<string> {
  const folder = uploadFolder(tools.desk.spoolPath, info.id);
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, COPY_INFO_NAME), formatUploadInfo(info), { flag: 'wx', mode: 0o600 });
  return folder;
}

/** Brings an upload's journal file up to date, for who reads it; nothing is synced. */
export async function writeKeptRecords(tools: SpoolTools, lane: UploadLane): Promise<void> {
  await tools.descriptors.use(lane.paths, ({ journal }) => lane.journalTail.writeKept(tools.disk, journal));
}

/** Removes an upload's folder. Nothing is synced: what a power cut brings back is judged and removed again. */
export async function removeUploadFolder(tools: SpoolTools, id: RecordingId): Promise<void> {
  await removeFolder(uploadFolder(tools.desk.spoolPath, id));
}

export async function closeSpoolTools(tools: SpoolTools): Promise<void> {
  await tools.ahead.close();
  await tools.hands.close();
  await tools.digests.close();
  await tools.descriptors.close();
}
