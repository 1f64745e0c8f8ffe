import { z } from 'zod';
import { RECORDING_ORDERS, RECORDING_STATUSES, type Recording } from '../model/recording.ts';
import type { Take } from '../model/take.ts';

const text = z.string();
const textOrNull = z.string().nullable();
const numberOrNull = z.number().nullable();

const seconds = z.coerce.number().min(0).max(1e8);

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
  storeId: text.exactOptional().describe('With PostgreSQL: the store whose folder has the file'),
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
    ixmlFields: z.record(z.string(), z.string()).nullable(),
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

const listedRecordingSchema = recordingSchema.extend({
  takeSegmentCount: z.number().exactOptional().describe('With `grouped`: segments of its take'),
  takeDuration: numberOrNull.exactOptional().describe('With `grouped`: seconds of all of them'),
  takeFilesizeBytes: z.number().exactOptional(),
  matches: z
    .array(z.object({ field: z.enum(['title', 'notes']), start: z.number(), length: z.number() }))
    .exactOptional()
    .describe('With `query`: where it matched, in UTF-16 units'),
  notesExcerpt: z
    .object({ start: z.number(), length: z.number() })
    .exactOptional()
    .describe('The part of the notes around the first match in them'),
});

export const recordingPageSchema = z.object({
  items: z.array(listedRecordingSchema),
  nextCursor: textOrNull,
  corrections: z
    .array(z.object({ from: text, to: z.array(text) }))
    .exactOptional()
    .describe('Words that no recording has, and the like ones that were searched for instead'),
});

export const recordingQuerySchema = z.object({
  query: z
    .string()
    .max(500)
    .exactOptional()
    .describe('Words, the last may be unfinished; "words in a row"; -word excludes'),
  tag: z.string().max(1000).exactOptional(),
  cursor: z.string().max(1000).exactOptional(),
  limit: z.coerce.number().int().min(1).max(500).exactOptional(),
  order: z
    .enum(RECORDING_ORDERS)
    .exactOptional()
    .describe('`relevance` ranks the newest matches of a search; without one it is `newest`'),
  collection: z.string().max(1000).exactOptional(),
  from: z.string().max(40).exactOptional().describe('Recorded (or received) then or later: ISO 8601'),
  to: z.string().max(40).exactOptional().describe('Recorded before that moment, or by the end of that day'),
  minDuration: seconds.exactOptional(),
  maxDuration: seconds.exactOptional(),
  format: z.string().min(1).max(40).exactOptional().describe('Codec, or container of PCM: opus, flac, wav'),
  kind: z.enum(['take', 'file', 'edit']).exactOptional(),
  hasWarnings: z.enum(['true', 'false']).exactOptional(),
  grouped: z
    .enum(['true', 'false'])
    .exactOptional()
    .describe('"true": a take is listed once, at its first segment that is found'),
  trashed: z.enum(['true', 'false']).exactOptional().describe('"true": only what lies in the trash'),
});

const shortList = z.array(z.string().min(1).max(1000)).max(100);

export const amendmentSchema = z.strictObject({
  title: z.string().trim().min(1).max(1000).exactOptional(),
  tags: shortList.exactOptional(),
  addTags: shortList.exactOptional().describe('Beside those that are there'),
  removeTags: shortList.exactOptional(),
  notes: z.string().max(100_000).exactOptional(),
  markers: z.array(markerSchema).max(10_000).exactOptional(),
  timeline: z.array(timelineEventSchema).max(10_000).exactOptional(),
  collections: shortList.exactOptional(),
  addCollections: shortList.exactOptional(),
  removeCollections: shortList.exactOptional(),
  recordedAt: z.iso
    .datetime({ offset: true })
    .nullable()
    .exactOptional()
    .describe('With its zone; recordedAtSource becomes "person". Null: not known'),
});

export const takeAmendmentSchema = amendmentSchema.pick({
  title: true,
  tags: true,
  notes: true,
  collections: true,
});

/** A take as one. */
export const takeSchema = z.object({
  takeId: text,
  title: text,
  tags: z.array(text),
  notes: text,
  collections: z.array(text),
  segments: z.array(recordingSchema).describe('In their order; each a recording of its own'),
  missingSegments: z.array(z.number()),
  isComplete: z.boolean().describe('False while a segment is still on its way to this server'),
  isTrashed: z.boolean(),
  duration: numberOrNull.describe('Seconds of all segments together'),
  filesizeBytes: z.number(),
  startsSeconds: z.array(z.number()).describe('Where in the joined audio each segment begins'),
  hasExactPositions: z.boolean().describe('True once the joined file was made'),
  gaps: z.array(
    z.object({ afterSegment: z.number(), atSeconds: z.number(), durationSeconds: numberOrNull, cause: text }),
  ),
  markers: z.array(markerSchema).describe('At their places in the joined audio'),
  timeline: z.array(timelineEventSchema),
  joined: z
    .object({
      mimeType: text,
      container: text,
      codec: text,
      isCopy: z.boolean().describe('The coded audio of the segments as it is'),
      filename: text,
    })
    .nullable(),
  joinedProblem: textOrNull,
  version: text.describe('What If-Match expects; changes with every segment'),
}) satisfies z.ZodType<Take>;

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
