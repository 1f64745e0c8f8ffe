import { toIsoUtc } from '../model/clock.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { CopyInOptions, SpooledFile, UploadWish } from '../model/upload.ts';
import { asSpoolFailure, removeFolder } from './disk.ts';
import { dataPath, uploadFolder } from './spool-layout.ts';
import type { SpoolTools } from './spool-tools.ts';
import { newUploadInfo } from './upload-info.ts';

/** Copies a file of this machine into a spool folder of its own; see `UploadSpool.copyIn`. */
export async function copyIn(
  tools: SpoolTools,
  { reserve, closing }: { reserve: (id: string) => () => void; closing: AbortSignal },
  sourcePath: string,
  wish: UploadWish,
  options: CopyInOptions,
): Promise<SpooledFile> {
  const { spoolPath, clock, maxFileBytes } = tools.desk;
  const nowMs = clock.nowMs();
  const createdAt = toIsoUtc(nowMs);
  const origin = { kind: 'import', sourcePath, sourceBytes: 0 } as const;
  const info = newUploadInfo(newId(nowMs), createdAt, null, wish, origin);
  const folder = uploadFolder(spoolPath, info.id);
  const release = reserve(info.id);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const callOff = () => void Atomics.store(stop, 0, 1);
  const signals = options.signal === undefined ? [closing] : [closing, options.signal];
  for (const signal of signals) signal.addEventListener('abort', callOff, { once: true });
  try {
    requireWanted(sourcePath, signals);
    const freeBytes = await tools.desk.freeBytes();
    const byProductPath = options.byProductPathOf?.(info.id) ?? null;
    const request = { sourcePath, spoolPath, info, nowMs, maxFileBytes, freeBytes, stop, byProductPath };
    const copied = await tools.hands.copySource(request, (bytesDone) => options.onProgress?.(bytesDone));
    options.onProgress?.(copied.sizeBytes);
    requireWanted(sourcePath, signals);
    return { id: info.id, path: dataPath(folder, 1), ...copied, createdAt, wish };
  } catch (error) {
    await removeFolder(folder).catch(() => undefined);
    release();
    throw asSpoolFailure(error, `the copy of ${sourcePath}`);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', callOff);
  }
}

function requireWanted(sourcePath: string, signals: readonly AbortSignal[]): void {
  if (!signals.some(({ aborted }) => aborted)) return;
  throw new VoiceRecorderError('interrupted', `The copy of ${sourcePath} was called off.`);
}
