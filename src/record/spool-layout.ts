import { join } from 'node:path';
import { isId, type RecordingId } from '../model/id.ts';

/** Where the parts of an upload lie: `spool/<uploadId>/{info.json,data,journal}`. */
export const INFO_NAME = 'info.json';
/**
 * `info.json` of copies that the house itself makes. They are not synced before they are whole, so that a power cut
 * may leave this name without its content; a client's `info.json` has its content as soon as it has its name.
 */
export const COPY_INFO_NAME = 'copy.json';
/** What an `info.json` that could not be read is renamed to. */
export const TORN_INFO_NAME = 'info.torn';

const TERMINATED_ENDING = '.terminated';

export function uploadFolder(spoolPath: string, id: RecordingId): string {
  return join(spoolPath, id);
}

/**
 * A generation is a pair of files, `data` and `journal`. A further pair (`data-2`, `journal-2`, …) takes over when
 * a sync of the former failed, for such a file must not be trusted again.
 */
export function dataPath(folder: string, generation: number): string {
  return join(folder, generation === 1 ? 'data' : `data-${generation}`);
}

export function journalPath(folder: string, generation: number): string {
  return join(folder, generation === 1 ? 'journal' : `journal-${generation}`);
}

/** Bytes from `offsetBytes` on that the journal speaks of but that do not match it: kept, never sent on. */
export function restPath(folder: string, offsetBytes: number, count: number): string {
  return join(folder, count === 0 ? `rest-${offsetBytes}` : `rest-${offsetBytes}-${count}`);
}

/** What a folder is renamed to when a person ended the upload, so that half a removal never looks like an upload. */
export function terminatedFolder(spoolPath: string, id: RecordingId): string {
  return join(spoolPath, `${id}${TERMINATED_ENDING}`);
}

/** A file of the write-ahead log. Their order is that of their numbers. */
export function logName(number: number): string {
  return `log-${number}`;
}

/** The number of a file of the write-ahead log; undefined when this is none. */
export function logNumberOf(name: string): number | undefined {
  const digits = /^log-(\d{1,15})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What a name in the spool stands for. */
export function classifySpoolEntry(name: string): {
  kind: 'upload' | 'terminated' | 'log' | 'foreign';
  id: string;
} {
  if (logNumberOf(name) !== undefined) return { kind: 'log', id: name };
  const isTerminated = name.endsWith(TERMINATED_ENDING);
  const id = isTerminated ? name.slice(0, -TERMINATED_ENDING.length) : name;
  if (!isId(id)) return { kind: 'foreign', id: name };
  return { kind: isTerminated ? 'terminated' : 'upload', id };
}
