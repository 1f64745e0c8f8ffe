import { readSpace } from '../blobs/disk-space.ts';
import { Reserve } from '../blobs/reserve.ts';
import {
  type Acceptance,
  acceptanceAt,
  type RoomReading,
  requireAccepted,
  requireMoreThanLastRoom,
} from '../capacity/degradation.ts';
import { FolderUsages } from '../capacity/folder-usage.ts';
import { type ReservingDesk, reservingCopies, reservingUploads } from '../capacity/reserving-uploads.ts';
import { SpaceLedger } from '../capacity/space-ledger.ts';
import {
  type FolderKind,
  readStoreRoom,
  reportStorage,
  type StoreRoomDesk,
} from '../capacity/storage-report.ts';
import { readGrowthFigures } from '../catalogue/growth-figures.ts';
import type { Catalogue } from '../catalogue/open-catalogue.ts';
import { readStorageFigures } from '../catalogue/storage-figures.ts';
import type { StorageConfig } from '../config/storage-config.ts';
import { readMemory } from '../health/machine-readings.ts';
import { Pressure } from '../health/pressure.ts';
import type { EventHub } from '../library/event-hub.ts';
import { StoreSpace } from '../library/store-space.ts';
import type { Recommendation } from '../model/cleanup.ts';
import type { Clock } from '../model/clock.ts';
import { PRESETS } from '../model/preset.ts';
import type { LogListener } from '../open-options.ts';
import type { UploadSpool } from '../record/uploads-desk.ts';
import type { StorageReport, StoreRoom } from '../voice-recorder.ts';

const MB = 1_000_000;

/** The room of a store, as its settings want it kept. */
export function spaceOf(config: StorageConfig, log: LogListener): StoreSpace {
  const keepFreeBytes = keepFreeBytesOf(config);
  const read = () => readSpace(config.dataDir);
  return new StoreSpace({
    readSpace: read,
    reserve: new Reserve({ path: config.reserveFile, readSpace: read, keepFreeBytes }),
    keepFreeBytes,
    onFault: (error) => log('warn', 'The reserve could not be made.', { error }),
  });
}

function keepFreeBytesOf(config: StorageConfig): number {
  return config.enableDiskSpaceCheck ? config.minDiskSpaceMb * MB : 0;
}

/** The room `capacity`, joined with the disk: who is promised what, and what is given up when it gets scarce. */
export interface JoinedCapacity {
  /** Rejects with `disk-full` when no derived file is to be made any more. */
  requireRoomToDerive(): Promise<void>;
  /** What must stay free; 0 when space is not checked. */
  readonly keepFreeBytes: number;
  /** What is still begun at this reading. */
  acceptanceAt(room: RoomReading): Acceptance;
  /** How much room there is; asks nothing but the disk. */
  room(): Promise<StoreRoom>;
  /** Whether nothing new is begun because there is more to do than can be done. */
  isOverloaded(): boolean;
  /** What may be filled, beside what must stay free and what is promised. */
  roomBytes(room: RoomReading): number;
  /** From now on nothing new is begun under pressure; the returned function ends that. */
  watchPressure(): () => void;
  /** The spool, with room kept for what is declared. */
  reserving(spool: UploadSpool): UploadSpool;
  report(
    rooms: {
      readonly catalogue: Catalogue;
      recommend(): Promise<readonly Recommendation[]>;
    },
    isThorough: boolean,
  ): Promise<StorageReport>;
}

export function joinCapacity(
  config: StorageConfig,
  space: StoreSpace,
  parts: { readonly clock: Clock; readonly events: EventHub },
): JoinedCapacity {
  const { clock, events } = parts;
  const keepFreeBytes = keepFreeBytesOf(config);
  const pressure = new Pressure({ readMemory });
  const ledger = new SpaceLedger({ usableBytes: () => space.usableBytes(), clock });
  const roomDesk: StoreRoomDesk = {
    presets: PRESETS,
    readSpace: () => space.read(),
    usableBytesOf: (reading) => space.usableBytesOf(reading),
    reservedBytes: () => ledger.reservedBytes(),
    acceptanceAt: (reading) => acceptanceAt(reading, keepFreeBytes),
  };
  const usages = new FolderUsages<FolderKind>(foldersOf(config), clock);
  const desk: ReservingDesk = {
    ledger,
    clock,
    async requireAccepted(kind) {
      pressure.requireCalm();
      requireAccepted(kind, await space.read(), keepFreeBytes);
    },
    onDiskFull: () => space.releaseReserve(),
    requireRoomToGoOn: async () => {
      if (space.isShort) requireMoreThanLastRoom(await space.read());
    },
  };
  events.subscribe((event) => {
    if (event.type === 'upload-progress') ledger.progress(event.uploadId, event.offsetBytes);
    if (event.type === 'cleanup-progress' || event.type === 'recording-purged') usages.forget();
  });
  return {
    keepFreeBytes,
    isOverloaded: () => pressure.cause !== undefined,
    roomBytes: (room) => Math.max(0, space.usableBytesOf(room) - ledger.reservedBytes()),
    watchPressure: () => pressure.watch(),
    acceptanceAt: (room) => acceptanceAt(room, keepFreeBytes),
    requireRoomToDerive: async () => requireAccepted('derived', await space.read(), keepFreeBytes),
    room: () => readStoreRoom(roomDesk),
    reserving: (spool) => reservingSpool(spool, desk),
    report: ({ catalogue, recommend }, isThorough) =>
      reportStorage(
        {
          ...roomDesk,
          dataDir: config.dataDir,
          clock,
          figures: (since) =>
            catalogue.contexts.withSession({ name: 'storage report', readonly: true }, async (db) => ({
              ...(await readStorageFigures(db, catalogue.stores.home)),
              ...(await readGrowthFigures(db, catalogue.stores.home, since)),
            })),
          usages,
          recommend,
        },
        isThorough,
      ),
  };
}

function reservingSpool(spool: UploadSpool, desk: ReservingDesk): UploadSpool {
  return {
    ...reservingUploads(spool, desk),
    copyIn: reservingCopies((path, wish, options) => spool.copyIn(path, wish, options), desk),
    head: (id) => spool.head(id),
    creatorOf: (id) => spool.creatorOf(id),
    recover: () => spool.recover(),
    listUnfinished: () => spool.listUnfinished(),
    isTakeArriving: (takeId) => spool.isTakeArriving(takeId),
    adoptExpired: () => spool.adoptExpired(),
    discardSpooled: (id) => spool.discardSpooled(id),
    close: () => spool.close(),
  };
}

function foldersOf(config: StorageConfig): Readonly<Record<FolderKind, readonly string[]>> {
  const { catalogueFile } = config;
  return {
    derived: [config.derivedPath],
    // Takes of `vrp record` on their way to the spool.
    spool: [config.spoolPath, `${config.dataDir}/takes`],
    quarantine: [config.quarantinePath],
    backup: [config.backupPath],
    database: [catalogueFile, `${catalogueFile}-wal`, `${catalogueFile}-shm`],
    reserve: [config.reserveFile],
  };
}
