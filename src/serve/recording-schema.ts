import { z } from 'zod';
import { RECORDING_STATUSES, type Recording } from '../model/recording.ts';

const text = z.string();
const textOrNull = z.string().nullable();
const numberOrNull = z.number().nullable();

const markerSchema = z.strictObject({ atSeconds: z.number().min(0), label: z.string().max(1000) });

const timelineEventSchema = z.strictObject({
  kind: z.string().max(40),
  atSeconds: z.number().min(0),
  durationSeconds: z.number().min(0),
  note: z.string().max(1000).exactOptional(),
});

/** A recording as the API answers it: the document of the catalogue, unchanged. */
export const recordingSchema = z.object({
  id: text,
  kind: z.enum(['take', 'file', 'edit']),
  title: text,
  filename: text,
  storedFilename: text.describe('Path relative to the data folder'),
  filesizeBytes: z.number(),
  checksum: text.describe('SHA-256 of the file, lower-case hexadecimal'),
  audioChecksum: textOrNull,
  audioChecksumMethod: textOrNull,
  mimeType: text,
  container: text,
  codec: text,
  duration: numberOrNull.describe('Seconds, from the audio itself'),
  sampleRateHz: z.number(),
  channels: z.number(),
  bitDepth: numberOrNull,
  bitRateBps: numberOrNull,
  isPlayable: z.boolean(),
  tags: z.array(text),
  notes: text,
  markers: z.array(markerSchema),
  timeline: z.array(timelineEventSchema).describe('What happened while it was recorded'),
  collections: z.array(text),
  aliases: z.array(
    z.object({
      filename: text,
      title: textOrNull,
      tags: z.array(text),
      notes: text,
      recordedAt: textOrNull,
      addedAt: text,
    }),
  ),
  embedded: z.object({
    title: textOrNull,
    artist: textOrNull,
    album: textOrNull,
    date: textOrNull,
    comment: textOrNull,
    bext: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
    ixml: textOrNull,
  }),
  loudness: z
    .object({ integratedLufs: numberOrNull, rangeLu: numberOrNull, truePeakDbtp: numberOrNull })
    .nullable(),
  silenceShare: numberOrNull,
  warnings: z.array(z.object({ code: text, message: text })),
  status: z.enum(RECORDING_STATUSES),
  version: z.number(),
  createdAt: text,
  modifiedAt: text,
  trashedAt: textOrNull,
  recordedAt: textOrNull,
  recordedAtSource: textOrNull,
  recordedAtZone: textOrNull,
  preset: textOrNull,
  takeId: textOrNull,
  segment: numberOrNull,
  gapBefore: z.object({ durationSeconds: numberOrNull, cause: text }).nullable(),
  parentIds: z.array(text),
  parentId: textOrNull,
  lastVerifiedAt: textOrNull,
  sync: z.array(z.object({ target: text, state: text, verifiedAt: textOrNull })),
}) satisfies z.ZodType<Recording>;

export const recordingPageSchema = z.object({ items: z.array(recordingSchema), nextCursor: textOrNull });

export const recordingQuerySchema = z.object({
  query: z.string().max(500).exactOptional(),
  tag: z.string().max(1000).exactOptional(),
  cursor: z.string().max(1000).exactOptional(),
  limit: z.coerce.number().int().min(1).max(500).exactOptional(),
  order: z.enum(['newest', 'oldest']).exactOptional(),
  trashed: z.enum(['true', 'false']).exactOptional().describe('"true": only what lies in the trash'),
});

const shortList = z.array(z.string().min(1).max(1000)).max(100);

export const amendmentSchema = z.strictObject({
  title: z.string().trim().min(1).max(1000).exactOptional(),
  tags: shortList.exactOptional(),
  notes: z.string().max(100_000).exactOptional(),
  markers: z.array(markerSchema).max(10_000).exactOptional(),
  timeline: z.array(timelineEventSchema).max(10_000).exactOptional(),
  collections: shortList.exactOptional(),
});

export const peaksQuerySchema = z.object({
  from: z.coerce.number().min(0).exactOptional().describe('Seconds'),
  to: z.coerce.number().min(0).exactOptional().describe('Seconds'),
  width: z.coerce.number().int().min(1).max(20_000).exactOptional().describe('Pairs wanted'),
});

export const peaksSchema = z.object({
  durationSeconds: z.number(),
  fromSeconds: z.number(),
  toSeconds: z.number(),
  min: z.array(z.number()),
  max: z.array(z.number()),
});
