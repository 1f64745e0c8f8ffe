import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSha256Hex } from '../model/digest.ts';
import { FAILURES, type FailureCode } from '../model/failure.ts';
import { isId, type RecordingId } from '../model/id.ts';
import { NOTHING_SAID, type UploadWish } from '../model/upload.ts';
import { asSpoolFailure, errnoOf, writeDocumentDurably } from './disk.ts';
import { COPY_INFO_NAME, INFO_NAME, uploadFolder } from './spool-layout.ts';

/** Where the bytes of a spool folder come from. */
export type UploadOrigin =
  | { readonly kind: 'client' }
  /** Copied from a file of this machine; as long as that exists, the copy can be made again. */
  | { readonly kind: 'import'; readonly sourcePath: string; readonly sourceBytes: number }
  /** A copy of an expired upload's bytes, on its way to become a recovered recording. */
  | { readonly kind: 'adoption'; readonly uploadId: RecordingId }
  /** Found in a folder whose `info.json` could not be read. */
  | { readonly kind: 'salvage' };

/** Why these bytes did not become a recording. */
export interface UploadRefusal {
  readonly code: FailureCode;
  readonly message: string;
  /** How many bytes were judged. */
  readonly sizeBytes: number;
}

/** What was made of the first bytes of a take nobody came back for. */
export interface UploadAdoption {
  readonly sizeBytes: number;
  /** Null when these bytes were no audio. */
  readonly recordingId: RecordingId | null;
}

/** `info.json` of a spool folder. */
export interface UploadInfo {
  readonly format: 1;
  readonly id: RecordingId;
  readonly createdAt: string;
  readonly lengthBytes: number | null;
  readonly wish: UploadWish;
  readonly origin: UploadOrigin;
  /** Name of the actor who began it; null when nobody in particular did. */
  readonly createdBy: string | null;
  /** Which pair of `data` and `journal` holds the bytes, from 1. */
  readonly generation: number;
  readonly refusal: UploadRefusal | null;
  readonly adoption: UploadAdoption | null;
}

const id = z.string().refine(isId);
const bytes = z.int().nonnegative();
const text = z.string().nullable();

const wishSchema = z.object({
  kind: z.enum(['take', 'file']),
  filename: z.string(),
  title: text,
  tags: z.array(z.string()),
  notes: z.string(),
  takeId: text,
  segment: z.number().nullable(),
  // Folders made by earlier versions lack it.
  gapBefore: z.object({ durationSeconds: z.number().nullable(), cause: z.string() }).nullable().default(null),
  recordedAt: text,
  recordedAtSource: text,
  recordedAtZone: text,
  preset: text,
  checksum: z.string().refine(isSha256Hex).nullable(),
}) satisfies z.ZodType<UploadWish>;

const infoSchema = z.object({
  format: z.literal(1),
  id,
  createdAt: z.iso.datetime(),
  lengthBytes: bytes.nullable(),
  wish: wishSchema,
  origin: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('client') }),
    z.object({ kind: z.literal('import'), sourcePath: z.string(), sourceBytes: bytes }),
    z.object({ kind: z.literal('adoption'), uploadId: id }),
    z.object({ kind: z.literal('salvage') }),
  ]),
  // Uploads of before there were owners belong to everybody who knows their id.
  createdBy: text.default(null),
  generation: z.int().positive(),
  refusal: z
    .object({ code: z.custom<FailureCode>(isFailureCode), message: z.string(), sizeBytes: bytes })
    .nullable(),
  adoption: z.object({ sizeBytes: bytes, recordingId: id.nullable() }).nullable(),
}) satisfies z.ZodType<UploadInfo>;

function isFailureCode(value: unknown): boolean {
  return typeof value === 'string' && Object.hasOwn(FAILURES, value);
}

export function newUploadInfo(
  id: RecordingId,
  createdAt: string,
  lengthBytes: number | null,
  wish: UploadWish,
  origin: UploadOrigin,
  createdBy: string | null = null,
): UploadInfo {
  return {
    format: 1,
    id,
    createdAt,
    lengthBytes,
    wish,
    origin,
    createdBy,
    generation: 1,
    refusal: null,
    adoption: null,
  };
}

/** Undefined when the text is torn, of another upload or of a later format. */
function parseUploadInfo(content: string, expectedId: RecordingId): UploadInfo | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return undefined;
  }
  const parsed = infoSchema.safeParse(value);
  return parsed.success && parsed.data.id === expectedId ? parsed.data : undefined;
}

export function formatUploadInfo(info: UploadInfo): string {
  return `${JSON.stringify(info, null, 2)}\n`;
}

export interface UploadInfoFile {
  /** Its name in the folder; undefined when there is no file at all. */
  readonly name: string | undefined;
  /** Undefined when it cannot be understood. */
  readonly info: UploadInfo | undefined;
}

export async function readUploadInfo(folder: string, expectedId: RecordingId): Promise<UploadInfoFile> {
  for (const name of [INFO_NAME, COPY_INFO_NAME]) {
    try {
      const content = await readFile(join(folder, name), 'utf8');
      return { name, info: parseUploadInfo(content, expectedId) };
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return { name: undefined, info: undefined };
}

/** The recovered recording that was made of the first bytes of an upload; null when there is none. */
export async function readAdoptedAs(spoolPath: string, uploadId: RecordingId): Promise<RecordingId | null> {
  try {
    const { info } = await readUploadInfo(uploadFolder(spoolPath, uploadId), uploadId);
    return info?.adoption?.recordingId ?? null;
  } catch (error) {
    throw asSpoolFailure(error, `a look at upload ${uploadId}`);
  }
}

export async function writeUploadInfo(folder: string, info: UploadInfo): Promise<void> {
  await writeDocumentDurably(folder, INFO_NAME, formatUploadInfo(info));
}

/** The wish of bytes of which nothing but themselves is known. */
export function unknownWish(filename: string): UploadWish {
  return { ...NOTHING_SAID, kind: 'take', filename };
}
