import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { CopyTarget } from './copy-target.ts';

/** `vrp-copies.json` at the root of a target: whose copies lie there, so that another disk is never taken for it. */
export interface FarMarker {
  readonly format: typeof FORMAT;
  readonly formatVersion: number;
  readonly targetId: string;
  readonly storeId: string;
  readonly createdAt: string;
}

const MARKER_KEY = 'vrp-copies.json';
const FORMAT = 'voice-recorder-pro/copies';
const FORMAT_VERSION = 1;

/** Undefined when there is none. Rejects with `target-invalid` for one that cannot be read. */
export async function readMarkerAt(target: CopyTarget): Promise<FarMarker | undefined> {
  const text = await target.readDocument(MARKER_KEY);
  if (text === undefined) return undefined;
  try {
    const marker = JSON.parse(text) as FarMarker;
    if (marker.format === FORMAT && marker.formatVersion === FORMAT_VERSION && marker.targetId !== '')
      return marker;
  } catch {
    // Said below.
  }
  throw new VoiceRecorderError(
    'target-invalid',
    `${MARKER_KEY} at the target is none that this version can read.`,
  );
}

/**
 * Writes the marker where there is none, else takes the one of the same store over. Resolves to the id of the target.
 * Rejects with `target-of-other-store`.
 */
export async function claimTarget(target: CopyTarget, storeId: string, nowIso: string): Promise<string> {
  const found = await readMarkerAt(target);
  if (found !== undefined) return expectStore(found, storeId).targetId;
  const made: FarMarker = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    targetId: newId(Date.parse(nowIso)),
    storeId,
    createdAt: nowIso,
  };
  await target.putDocument(MARKER_KEY, `${JSON.stringify(made, null, 2)}\n`);
  return made.targetId;
}

/** Rejects with `target-marker-missing` or `target-of-other-store` unless what lies there is what was there before. */
export async function expectMarker(
  target: CopyTarget,
  { id, name }: { readonly id: string; readonly name: string },
  storeId: string,
): Promise<void> {
  const found = await readMarkerAt(target);
  if (found !== undefined && expectStore(found, storeId).targetId === id) return;
  const what = found === undefined ? `has no ${MARKER_KEY}` : `is another one (${found.targetId})`;
  throw new VoiceRecorderError(
    'target-marker-missing',
    `The target "${name}" ${what}: is its disk mounted? Nothing was sent. If its copies are gone for good, remove it and add it again.`,
  );
}

function expectStore(marker: FarMarker, storeId: string): FarMarker {
  if (marker.storeId === storeId) return marker;
  throw new VoiceRecorderError(
    'target-of-other-store',
    `The copies of another store (${marker.storeId}) lie there. Choose another folder or prefix.`,
  );
}
