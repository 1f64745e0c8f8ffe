import type { EmbeddedTags } from '../model/audio-facts.ts';
import { NO_TAGS } from '../model/audio-facts.ts';
import { readBroadcastExtension } from './broadcast-extension.ts';
import type { ByteReader } from './byte-reader.ts';
import { readIxmlFields, readXmlText } from './ixml.ts';
import type { RiffFile } from './riff-file.ts';

/** Longer texts than this are cut; longer iXML documents are left out. */
const MAX_TEXT_BYTES = 65_536;
const MAX_IXML_BYTES = 1_048_576;

const INFO_FIELDS: Readonly<Record<string, 'title' | 'artist' | 'album' | 'date' | 'comment'>> = {
  INAM: 'title',
  IART: 'artist',
  IPRD: 'album',
  ICRD: 'date',
  ICMT: 'comment',
};

/** `LIST`/`INFO`, `bext` and iXML of a WAV file. */
export function readRiffTags(reader: ByteReader, file: RiffFile): EmbeddedTags {
  let tags = NO_TAGS;
  for (const chunk of file.chunks) {
    if (chunk.id === 'LIST' && chunk.sizeBytes >= 4) {
      const content = reader.copy(chunk.offset, Math.min(chunk.sizeBytes, MAX_TEXT_BYTES));
      if (content.toString('latin1', 0, 4) === 'INFO') tags = { ...tags, ...readInfo(content.subarray(4)) };
    } else if (chunk.id === 'bext') {
      const content = reader.copy(chunk.offset, Math.min(chunk.sizeBytes, MAX_TEXT_BYTES));
      tags = { ...tags, bext: readBroadcastExtension(content) ?? tags.bext };
    } else if (chunk.id === 'iXML' && chunk.sizeBytes <= MAX_IXML_BYTES) {
      const ixml = readXmlText(reader.copy(chunk.offset, chunk.sizeBytes));
      tags = { ...tags, ixml, ixmlFields: ixml === null ? null : readIxmlFields(ixml) };
    }
  }
  return tags;
}

function readInfo(content: Buffer): Partial<EmbeddedTags> {
  const found: Record<string, string> = {};
  let offset = 0;
  while (offset + 8 <= content.length) {
    const field = INFO_FIELDS[content.toString('latin1', offset, offset + 4)];
    const sizeBytes = content.readUInt32LE(offset + 4);
    const text = readText(content.subarray(offset + 8, offset + 8 + sizeBytes));
    if (field !== undefined && text !== null) found[field] = text;
    offset += 8 + sizeBytes + (sizeBytes % 2);
  }
  return found;
}

/** Text up to the first NUL: UTF-8 where it is valid, else Latin-1 as old programs wrote it. */
export function readText(bytes: Buffer): string | null {
  const end = bytes.indexOf(0);
  const content = end < 0 ? bytes : bytes.subarray(0, end);
  const utf8 = content.toString('utf8');
  const text = (utf8.includes('\uFFFD') ? content.toString('latin1') : utf8).trim();
  return text === '' ? null : text;
}
