import { DEFAULT_PRESET, PRESETS, type Preset } from '../../../../src/model/preset.ts';
import type { UploadMetadata } from '../../../../src/model/upload-metadata.ts';
import { fileKindOf, fileKindOfName } from './audio-file.ts';
import {
  createManifestKeeper,
  type ManifestKeeper,
  newSegmentEntry,
  type SegmentEntry,
  type TakeDetails,
  type TakeManifest,
} from './take-manifest.ts';
import { listSegmentFiles, manifestSlots, openTakeFolder } from './take-store.ts';

/** A take's manifest in memory, written out after every change. */
export class TakeRecord {
  #manifest: TakeManifest;
  readonly #keeper: ManifestKeeper;
  readonly #onFailure: (error: unknown) => void;
  #lastWrite: Promise<void> = Promise.resolve();
  #isForgotten = false;

  constructor(manifest: TakeManifest, onFailure: (error: unknown) => void, keeper?: ManifestKeeper) {
    this.#manifest = manifest;
    this.#keeper = keeper ?? keeperOf(manifest.takeId);
    this.#onFailure = onFailure;
  }

  /** The take as an earlier visit left it; undefined when its folder holds nothing. */
  static async load(takeId: string, onFailure: (error: unknown) => void): Promise<TakeRecord | undefined> {
    const keeper = keeperOf(takeId);
    const manifest = (await keeper.load()) ?? (await recoverManifest(takeId));
    return manifest && new TakeRecord(manifest, onFailure, keeper);
  }

  /** What lies in this browser of a take that this tab need not have in hand; undefined when that is not readable. */
  static async peek(takeId: string): Promise<TakeManifest | undefined> {
    const keeper = createManifestKeeper(manifestSlots(() => openTakeFolder(takeId, { create: false })));
    return keeper.load().catch(() => undefined);
  }

  get manifest(): TakeManifest {
    return this.#manifest;
  }

  entry(segment: number): SegmentEntry | undefined {
    return this.#manifest.segments.find((entry) => entry.segment === segment);
  }

  /** Resolves when written, or when that failed and was reported; the change holds in memory either way. */
  async change(change: Partial<TakeManifest>): Promise<void> {
    this.#manifest = { ...this.#manifest, ...change };
    if (this.#isForgotten) return;
    const write = this.#keeper.save(this.#manifest).catch(this.#onFailure);
    this.#lastWrite = write;
    await write;
  }

  /** Nothing is written from now on; resolves when no write is under way. */
  async forget(): Promise<void> {
    this.#isForgotten = true;
    await this.written();
  }

  /** Resolves when no write is under way. */
  async written(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#lastWrite;
      await seen;
    } while (seen !== this.#lastWrite);
  }

  changeSegment(segment: number, change: Partial<SegmentEntry>): Promise<void> {
    const segments = this.#manifest.segments.map((entry) =>
      entry.segment === segment ? { ...entry, ...change } : entry,
    );
    return this.change({ segments });
  }
}

function keeperOf(takeId: string): ManifestKeeper {
  return createManifestKeeper(manifestSlots(() => openTakeFolder(takeId)));
}

/** Audio whose manifest is unreadable is still audio: it is sent under a plain name. */
async function recoverManifest(takeId: string): Promise<TakeManifest | undefined> {
  const files = await listSegmentFiles(await openTakeFolder(takeId));
  if (files.length === 0) return undefined;
  // RFC 9562 section 5.7: the first 48 bits of the id are its time.
  const startedAt = new Date(Number.parseInt(takeId.replace('-', '').slice(0, 12), 16)).toISOString();
  return {
    takeId,
    title: 'Recovered take',
    tags: [],
    notes: '',
    startedAt,
    zone: 'UTC',
    presetId: presetOfFile(files[0]?.filename ?? '').id,
    phase: 'ended',
    touchedAt: startedAt,
    segments: files.map(({ segment, filename }) => ({
      ...newSegmentEntry(segment, startedAt, presetOfFile(filename)),
      filename,
    })),
    markers: [],
  };
}

/** The plainest that makes such a file: which it was, nobody knows any more. */
function presetOfFile(filename: string): Preset {
  const kind = fileKindOfName(filename);
  return PRESETS.find((preset) => fileKindOf(preset) === kind) ?? DEFAULT_PRESET;
}

// What a header line can hold without coming near the 16 KiB that servers allow for all of them; the rest follows
// as an amendment.
const TOLD_TITLE_LENGTH = 300;
const TOLD_JSON_LENGTH = 1_000;

/** The part of a take's details that fits into the creation of an upload. */
export function tellable(take: TakeDetails): TakeDetails {
  return {
    title: take.title.slice(0, TOLD_TITLE_LENGTH),
    tags: JSON.stringify(take.tags).length <= TOLD_JSON_LENGTH ? take.tags : [],
    notes: JSON.stringify(take.notes).length <= TOLD_JSON_LENGTH ? take.notes : '',
  };
}

export function uploadMetadataOf(
  manifest: TakeManifest,
  entry: SegmentEntry,
  told: TakeDetails,
): UploadMetadata {
  return {
    kind: 'take',
    takeId: manifest.takeId,
    segment: entry.segment,
    gapBefore: entry.gapBefore,
    filename: fileNameOf(manifest, entry),
    ...told,
    recordedAt: entry.startedAt,
    recordedAtZone: manifest.zone,
    preset: entry.presetId,
  };
}

/** A name to save as: the title without what file systems refuse, and the part when there are several. */
export function fileNameOf(manifest: TakeManifest, entry: SegmentEntry): string {
  const plain = [...manifest.title.replaceAll(/[\p{Cc}\\/:*?"<>|]+/gu, '-').trim()].slice(0, 80).join('');
  const part = manifest.segments.length > 1 ? ` (part ${entry.segment + 1})` : '';
  return `${plain || 'Take'}${part}.${fileKindOfName(entry.filename)}`;
}
