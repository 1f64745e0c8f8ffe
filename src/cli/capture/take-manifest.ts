import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolderNow } from '../../durable/folder.ts';
import type { TakeGap, TimelineEvent } from '../../model/take-timeline.ts';

/** `take.json` beside the sound of a take that `vrp record` makes. */
export interface TakeManifest {
  readonly format: 1;
  readonly takeId: string;
  /** From 0; a further one begins when the device that was lost is back. */
  readonly segment: number;
  readonly gapBefore: TakeGap | null;
  /** Name of the file with the sound, in the same folder. */
  readonly soundFile: string;
  readonly startedAt: string;
  /** IANA zone of the machine. */
  readonly zone: string;
  readonly preset: string;
  readonly title: string;
  readonly tags: readonly string[];
  /** The upload that has the first bytes of it; null before there is one. */
  readonly uploadId: string | null;
  /** What was noticed while it was made. */
  readonly timeline: readonly TimelineEvent[];
}

const MANIFEST_NAME = 'take.json';

const manifestSchema = z.object({
  format: z.literal(1),
  takeId: z.string(),
  segment: z.number().int().min(0).default(0),
  gapBefore: z.object({ durationSeconds: z.number().nullable(), cause: z.string() }).nullable().default(null),
  soundFile: z.string().regex(/^[a-z]+\.[a-z]+$/),
  startedAt: z.iso.datetime(),
  zone: z.string(),
  preset: z.string(),
  title: z.string(),
  tags: z.array(z.string()),
  uploadId: z.string().nullable(),
  timeline: z.array(z.object({ kind: z.string(), atSeconds: z.number(), durationSeconds: z.number() })),
}) satisfies z.ZodType<TakeManifest>;

/** Undefined when there is none or it cannot be understood. */
export async function readManifest(folder: string): Promise<TakeManifest | undefined> {
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(await readFile(join(folder, MANIFEST_NAME), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The old or the new content is there after a crash, never a mixture. */
export async function writeManifest(folder: string, manifest: TakeManifest): Promise<void> {
  const temporary = join(folder, `${MANIFEST_NAME}.new`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, MANIFEST_NAME));
  syncFolderNow(folder);
}
