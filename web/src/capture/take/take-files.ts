import type { LocalTake, LocalTakeFile } from '../capture-port.ts';
import type { TakeManifest } from './take-manifest.ts';
import { fileNameOf } from './take-record.ts';
import { findFile, openTakeFolder } from './take-store.ts';

type MemoryTail = readonly Uint8Array<ArrayBuffer>[] | null;

/** The segments of a take that still lie in this browser; also of a take that another tab has in hand. */
export async function listTakeFiles(
  manifest: TakeManifest,
  tailOf: (segment: number) => MemoryTail = () => null,
): Promise<readonly LocalTakeFile[]> {
  const folder = await openTakeFolder(manifest.takeId, { create: false }).catch(() => null);
  const files: LocalTakeFile[] = [];
  for (const entry of manifest.segments) {
    const onDisk = folder ? await findFile(folder, entry.filename) : undefined;
    const parts = [...(onDisk ? [onDisk] : []), ...(tailOf(entry.segment) ?? [])];
    const type = entry.filename.endsWith('.flac') ? 'audio/flac' : 'audio/ogg';
    const file = new Blob(parts, { type });
    const { segment, durationSeconds } = entry;
    if (file.size > 0) {
      const filename = fileNameOf(manifest, entry);
      files.push({ segment, filename, durationSeconds: durationSeconds ?? 0, file });
    }
  }
  return files;
}

/** What is known of a take that this tab does not have in hand. */
export async function summariseFromOutside(manifest: TakeManifest, isHeld: boolean): Promise<LocalTake> {
  const files = await listTakeFiles(manifest);
  const { takeId, title, startedAt, segments } = manifest;
  const sizeOf = (segment: number) => files.find((file) => file.segment === segment)?.file.size ?? 0;
  const sizes = segments.map((entry) => entry.sizeBytes ?? sizeOf(entry.segment));
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
  const sentBytes = sizes.reduce((sum, size, i) => (segments[i]?.isSent ? sum + size : sum), 0);
  const refusal = segments.find((entry) => entry.refusal !== null)?.refusal ?? null;
  return {
    takeId,
    title,
    startedAt,
    capturedSeconds: segments.reduce((sum, { durationSeconds }) => sum + (durationSeconds ?? 0), 0),
    sizeBytes,
    isSent: segments.every(({ isSent }) => isSent),
    state: isHeld ? 'elsewhere' : refusal === null ? 'waiting' : 'refused',
    sentShare: sizeBytes === 0 ? 0 : sentBytes / sizeBytes,
    refusal,
  };
}
