import { NO_TAGS } from '../src/model/audio-facts.ts';
import { newId } from '../src/model/id.ts';
import type { Recording } from '../src/model/recording.ts';

/** A recording as ingest hands it over; each one has bytes of its own. */
export function someRecording(facts: Partial<Recording> = {}): Recording {
  const createdAt = facts.createdAt ?? new Date().toISOString();
  const id = facts.id ?? newId(Date.parse(createdAt));
  return {
    id,
    kind: 'file',
    title: 'Interview',
    filename: 'interview.wav',
    storedFilename: `raw/2026/11/${id}.wav`,
    filesizeBytes: 1_000,
    checksum: id.replaceAll('-', '').padEnd(64, '0'),
    audioChecksum: null,
    audioChecksumMethod: null,
    mimeType: 'audio/wav',
    container: 'wav',
    codec: 'pcm_s16le',
    duration: 12.5,
    sampleRateHz: 48_000,
    channels: 1,
    bitDepth: 16,
    bitRateBps: 768_000,
    isPlayable: true,
    tags: [],
    notes: '',
    markers: [],
    timeline: [],
    collections: [],
    aliases: [],
    embedded: NO_TAGS,
    loudness: null,
    silenceShare: null,
    warnings: [],
    status: 'placing',
    version: 1,
    createdAt,
    modifiedAt: createdAt,
    trashedAt: null,
    recordedAt: null,
    recordedAtSource: null,
    recordedAtZone: null,
    preset: null,
    takeId: null,
    segment: null,
    gapBefore: null,
    parentIds: [],
    parentId: null,
    lastVerifiedAt: null,
    sync: [],
    ...facts,
  };
}
