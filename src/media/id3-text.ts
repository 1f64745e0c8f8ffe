import { type EmbeddedTags, NO_TAGS } from '../model/audio-facts.ts';
import type { ByteReader } from './byte-reader.ts';
import { id3v2Bytes, readSevenBitSize } from './declared-size.ts';

/** FFmpeg joins the values of one text frame again and again: 32,000 of them in 60 KB take it 50 ms, ten times as many a hundred times as long. */
const UNWIELDY_TEXT_BYTES = 8192;
const HEADER_BYTES = 10;
const MAX_TAG_BYTES = 4 * 1024 * 1024;
const FIELDS: Readonly<Record<string, 'title' | 'artist' | 'album' | 'date' | 'comment'>> = {
  TIT2: 'title',
  TPE1: 'artist',
  TALB: 'album',
  TDRC: 'date',
  TYER: 'date',
  COMM: 'comment',
};

interface Id3Frame {
  readonly id: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** True when the file begins with an ID3v2 tag that FFmpeg should not be given, for it would take too long. */
export function hasUnwieldyText(reader: ByteReader): boolean {
  return id3Frames(reader).some(({ id, sizeBytes }) => id.startsWith('T') && sizeBytes > UNWIELDY_TEXT_BYTES);
}

/** The first value of each text that is kept, from an ID3v2.3 or ID3v2.4 tag (id3.org). */
export function readId3Text(reader: ByteReader): EmbeddedTags {
  const found: { -readonly [Name in keyof EmbeddedTags]?: EmbeddedTags[Name] } = {};
  for (const { id, offset, sizeBytes } of id3Frames(reader)) {
    const field = FIELDS[id];
    if (field === undefined || found[field] !== undefined) continue;
    const content = reader.copy(offset, Math.min(sizeBytes, UNWIELDY_TEXT_BYTES));
    if (content.length < 2) continue;
    const textOffset = id === 'COMM' ? commentOffset(content) : 1;
    if (textOffset === undefined) continue;
    const text = decodeText(content[0] ?? 0, content.subarray(textOffset)).trim();
    if (text !== '') found[field] = text;
  }
  return { ...NO_TAGS, ...found };
}

function id3Frames(reader: ByteReader): Id3Frame[] {
  const end = Math.min(id3v2Bytes(reader), reader.sizeBytes, MAX_TAG_BYTES);
  const version = reader.copy(3, 1)[0];
  const frames: Id3Frame[] = [];
  if (version !== 3 && version !== 4) return frames;
  for (let at = HEADER_BYTES; at + HEADER_BYTES <= end; ) {
    const head = reader.view(at, HEADER_BYTES);
    const id = head.toString('latin1', 0, 4);
    if (!/^[A-Z0-9]{4}$/.test(id)) break;
    // Only the last version keeps the highest bit of each byte free.
    const sizeBytes = version === 3 ? head.readUInt32BE(4) : readSevenBitSize(head, 4);
    frames.push({ id, offset: at + HEADER_BYTES, sizeBytes: Math.min(sizeBytes, end - at - HEADER_BYTES) });
    at += HEADER_BYTES + sizeBytes;
  }
  return frames;
}

/** Behind encoding, language and an empty description; undefined when there is one: programs keep their own there. */
function commentOffset(content: Buffer): number | undefined {
  if (!isWide(content[0])) return content[4] === 0 ? 5 : undefined;
  const hasMark = [0xfffe, 0xfeff].includes(content.readUInt16BE(Math.min(4, content.length - 2)));
  const end = hasMark ? 6 : 4;
  return content[end] === 0 && content[end + 1] === 0 ? end + 2 : undefined;
}

/** The text up to the first zero; 0 is Latin-1, 1 UTF-16 with a mark, 2 UTF-16 big-endian, 3 UTF-8. */
function decodeText(encoding: number, bytes: Buffer): string {
  const isSwapped = encoding === 2 || (encoding === 1 && bytes[0] === 0xfe && bytes[1] === 0xff);
  const ordered = isSwapped ? Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16() : bytes;
  const name = isWide(encoding) ? 'utf-16le' : encoding === 3 ? 'utf-8' : 'latin1';
  return new TextDecoder(name).decode(ordered).replace(/\0.*$/s, '');
}

function isWide(encoding: number | undefined): boolean {
  return encoding === 1 || encoding === 2;
}
