import type { BigIntStats } from 'node:fs';
import { toIsoUtc } from '../model/clock.ts';
import { FILE_RULES_BEFORE_COPYING, incomingFile } from '../validation/file-rules.ts';
import { requireAll } from '../validation/rule.ts';
import type { ImportDesk } from './ingest-desk.ts';

/** A file that may come in, as it was when it was looked at. */
export interface AdmittedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Date of last change, ISO 8601 UTC. */
  readonly changedAt: string;
  /** What must be unchanged for the source to be removed after a move. */
  readonly identity: BigIntStats;
}

/**
 * Looks at a file before it is opened: a regular file, not empty, not too large, and with room.
 * Rejects with `file-missing`, `file-not-regular`, `file-unreadable`, `audio-no-samples`, `file-too-large`,
 * `disk-full`, or `invalid-input` when a file of the store itself is to be moved away.
 */
export async function admit(
  desk: Pick<ImportDesk, 'dataDir' | 'maxFileBytes' | 'usableBytes'>,
  path: string,
  { isMove }: { readonly isMove: boolean },
): Promise<AdmittedFile> {
  const { dataDir, maxFileBytes } = desk;
  const file = incomingFile({ path, isMove, dataDir, maxFileBytes, usableBytes: () => desk.usableBytes() });
  await requireAll(FILE_RULES_BEFORE_COPYING, file);
  const identity = await file.look();
  const changedAt = toIsoUtc(Number(identity.mtimeMs));
  return { path, sizeBytes: Number(identity.size), changedAt, identity };
}
