import { openCatalogue, openForReading } from './catalogue/open-catalogue.ts';
import type { EnvironmentName } from './config/environments.ts';
import { StorageConfig, type StorageOverrides } from './config/storage-config.ts';
import { readMarker } from './config/store-marker.ts';
import { postgresOf } from './join/store-claim.ts';
import { systemClock } from './model/clock.ts';
import type { Recording } from './model/recording.ts';
import { chooseSegments } from './model/take.ts';
import type { Library } from './voice-recorder.ts';

/** Looks at a library without opening the store: writes nothing, takes no lock, works beside a running server. */
export interface LibraryReader extends Pick<Library, 'list' | 'find' | 'history'> {
  readonly dataDir: string;
  /** The store in that folder; undefined when there is none yet. */
  readonly storeId: string | undefined;
  /** The segments of a take in their order, one for each number; none when there is no such take. */
  segmentsOf(takeId: string): Promise<readonly Recording[]>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly environment?: EnvironmentName;
  readonly overrides?: StorageOverrides;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Rejects with `catalogue-missing` (no store was opened there yet) or `catalogue-too-old` (its schema has to be brought
 * up to date first): `openVoiceRecorder()` mends both. Further with `catalogue-damaged` or `catalogue-too-new`.
 */
export async function openLibraryReader(options: ReaderOptions = {}): Promise<LibraryReader> {
  const config = StorageConfig.describe(options.environment, options.overrides, options.env);
  const { catalogueFile, backupPath } = config;
  const postgres = postgresOf(config.database);
  const catalogue = postgres
    ? await openCatalogue({
        file: catalogueFile,
        backupFolder: backupPath,
        clock: systemClock,
        postgres,
        isReadonly: true,
      })
    : await openForReading(catalogueFile, systemClock);
  return {
    dataDir: config.dataDir,
    storeId: readMarker(config)?.id,
    list: (query) => catalogue.recordings.list(query),
    // What is still being placed is not there yet, as for everybody else.
    find: async (id) => {
      const recording = await catalogue.recordings.find(id);
      return recording?.status === 'placing' ? undefined : recording;
    },
    history: (id, query) => catalogue.history.page(id, query),
    segmentsOf: async (takeId) => chooseSegments(await catalogue.recordings.listTake(takeId)),
    close: () => catalogue.close(),
  };
}
