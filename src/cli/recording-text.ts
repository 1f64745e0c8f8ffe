import { formatBytes, formatDuration } from '../model/format.ts';
import { findPreset } from '../model/preset.ts';
import type { Loudness, Recording } from '../model/recording.ts';
import type { TableColumn } from './table.ts';
import { printable } from './terminal-text.ts';

/** How recordings look in a terminal. Everything returned here is safe to print. */

const SHORT_ID_LENGTH = 8;

/** The end of an id: its beginning is the time, and recordings of one minute share it. */
export function shortId(id: string): string {
  return id.slice(-SHORT_ID_LENGTH);
}

/** `2026-11-22 21:32` in the zone of the person (TZ). */
export function localTime(isoUtc: string): string {
  const date = new Date(isoUtc);
  if (Number.isNaN(date.getTime())) return printable(isoUtc);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `wav`, `opus`, `mp3`: the word people use for it. */
function formatName({ codec, container }: { codec: string; container: string }): string {
  return printable(codec.startsWith('pcm_') ? (container.split(',')[0] ?? container) : codec);
}

export function durationText(duration: number | null): string {
  return duration === null ? '?' : formatDuration(duration);
}

function titleText(recording: Recording): string {
  const isPlain = recording.status === 'active' || recording.status === 'trashed';
  return printable(recording.title) + (isPlain ? '' : ` (${recording.status})`);
}

export const RECORDING_COLUMNS: readonly TableColumn<Recording>[] = [
  {
    title: 'WHEN',
    text: (recording) => localTime(recording.recordedAt ?? recording.createdAt),
    dropOrder: 2,
  },
  { title: 'TITLE', text: titleText, isFlexible: true },
  { title: 'LENGTH', text: (recording) => durationText(recording.duration), align: 'right' },
  { title: 'SIZE', text: (recording) => formatBytes(recording.filesizeBytes), align: 'right', dropOrder: 3 },
  { title: 'FORMAT', text: formatName, dropOrder: 4 },
  { title: 'TAGS', text: (recording) => printable(recording.tags.join(', ')).slice(0, 40), dropOrder: 5 },
  { title: 'ID', text: (recording) => shortId(recording.id) },
];

/** Everything worth a line about one recording: label and text, in the order of interest. */
export function recordingFacts(recording: Recording, filePath: string): [label: string, text: string][] {
  const { embedded } = recording;
  const facts: [string, string | null][] = [
    ['Title', recording.title],
    ['Recorded', recording.recordedAt && localTime(recording.recordedAt)],
    ['Kept since', localTime(recording.createdAt)],
    ['Length', durationText(recording.duration)],
    ['Size', `${formatBytes(recording.filesizeBytes)} (${recording.filesizeBytes} bytes)`],
    ['Audio', audioText(recording)],
    ['Preset', recording.preset && (findPreset(recording.preset)?.name ?? recording.preset)],
    ['Tags', recording.tags.join(', ')],
    ['Collections', recording.collections.join(', ')],
    ['Notes', recording.notes],
    ['Status', recording.status],
    ['In the trash since', recording.trashedAt && localTime(recording.trashedAt)],
    ['Original name', recording.filename],
    ['File', filePath],
    ['SHA-256', recording.checksum],
    ['Audio SHA-256', recording.audioChecksum],
    ['Loudness', loudnessText(recording.loudness)],
    ['Silence', shareText(recording.silenceShare)],
    ['Embedded title', embedded.title],
    ['Embedded artist', embedded.artist],
    ['Embedded album', embedded.album],
    ['Embedded date', embedded.date],
    ['Last verified', recording.lastVerifiedAt && localTime(recording.lastVerifiedAt)],
    ['Copies', copiesText(recording)],
    ['Id', recording.id],
  ];
  return facts.flatMap(([label, text]) => (text === null || text === '' ? [] : [[label, printable(text)]]));
}

/** `-23.1 LUFS, range 7.2 LU, true peak -1.0 dBTP`; null where it was not measured. */
export function loudnessText(loudness: Loudness | null): string | null {
  if (loudness === null) return null;
  const { integratedLufs, rangeLu, truePeakDbtp } = loudness;
  return [
    integratedLufs === null ? 'below -70 LUFS' : `${integratedLufs.toFixed(1)} LUFS`,
    ...(rangeLu === null ? [] : [`range ${rangeLu.toFixed(1)} LU`]),
    ...(truePeakDbtp === null ? [] : [`true peak ${truePeakDbtp.toFixed(1)} dBTP`]),
  ].join(', ');
}

/** `12 %`; null where it was not measured. */
/** `nas verified 2026-11-24 14:13, cloud failed` */
function copiesText({ sync }: Recording): string | null {
  const texts = sync.map(({ target, state, verifiedAt }) =>
    [target, state, ...(verifiedAt === null ? [] : [localTime(verifiedAt)])].join(' '),
  );
  return texts.length === 0 ? null : texts.join(', ');
}

export function shareText(share: number | null): string | null {
  return share === null ? null : `${Math.round(share * 100)} %`;
}

export interface AudioText {
  readonly container: string;
  readonly codec: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitDepth: number | null;
  readonly bitRateBps: number | null;
}

/** `opus in ogg, 48 kHz, mono, 64 kbit/s` */
export function audioText(audio: AudioText): string {
  const channels = ['', 'mono', 'stereo'][audio.channels] ?? `${audio.channels} channels`;
  return [
    `${audio.codec} in ${audio.container}`,
    `${audio.sampleRateHz / 1000} kHz`,
    channels,
    ...(audio.bitDepth === null ? [] : [`${audio.bitDepth} bit`]),
    ...(audio.bitRateBps === null ? [] : [`${Math.round(audio.bitRateBps / 1000)} kbit/s`]),
  ].join(', ');
}

/** Lines of facts with their labels in one column. */
export function factLines(facts: readonly [label: string, text: string][]): string[] {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, text]) => `${label.padEnd(width)}  ${text}`);
}
