import type { ByteReader } from './byte-reader.ts';

/** What the element structure of a Matroska or WebM file tells without FFmpeg (RFC 9559). */
export interface MatroskaOutline {
  /** `webm`, `matroska`, or what else the file calls itself. */
  readonly docType: string;
  readonly hasCues: boolean;
  readonly hasDuration: boolean;
  /** The last element ends after the file does. */
  readonly isCut: boolean;
}

const EBML = 0x1a45dfa3;
const DOC_TYPE = 0x4282;
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const DURATION = 0x4489;
const CLUSTER = 0x1f43b675;
const CUES = 0x1c53bb6b;
/** Elements whose content is looked at; all others are stepped over. */
const MASTERS: ReadonlySet<number> = new Set([EBML, SEGMENT, INFO]);
/** A file of 10 hours has some 36,000 blocks of one second; more elements than this are not walked. */
const MAX_ELEMENTS = 2_000_000;

interface Element {
  readonly id: number;
  readonly contentOffset: number;
  /** Null: unknown, reaching to the next element of its own level (RFC 8794 section 6.2). */
  readonly sizeBytes: number | null;
}

export function readMatroskaOutline(reader: ByteReader): MatroskaOutline {
  let docType = '';
  let hasCues = false;
  let hasDuration = false;
  let isCut = false;
  let offset = 0;
  for (let count = 0; count < MAX_ELEMENTS && offset < reader.sizeBytes; count += 1) {
    const element = readElement(reader, offset);
    if (element === undefined) {
      isCut = reader.sizeBytes - offset < 12;
      break;
    }
    const { id, contentOffset, sizeBytes } = element;
    if (sizeBytes !== null && contentOffset + sizeBytes > reader.sizeBytes) isCut = true;
    if (id === DOC_TYPE)
      docType = reader.copy(contentOffset, Math.min(sizeBytes ?? 0, 16)).toString('latin1');
    if (id === CUES) hasCues = true;
    if (id === DURATION) hasDuration = true;
    // A cluster of unknown size can only be walked through; so can one that is cut, to no use.
    const isEntered = MASTERS.has(id) || (id === CLUSTER && sizeBytes === null);
    offset = isEntered ? contentOffset : contentOffset + (sizeBytes ?? reader.sizeBytes);
  }
  return { docType: docType.replace(/\0.*$/s, ''), hasCues, hasDuration, isCut };
}

function readElement(reader: ByteReader, offset: number): Element | undefined {
  const bytes = reader.view(offset, 12);
  const idLength = Math.clz32(bytes[0] ?? 0) - 23;
  if (idLength > 4 || bytes.length < idLength + 1) return undefined;
  const id = bytes.readUIntBE(0, idLength);
  const sizeLength = Math.clz32(bytes[idLength] ?? 0) - 23;
  if (sizeLength > 8 || bytes.length < idLength + sizeLength) return undefined;
  let sizeBytes = (bytes[idLength] ?? 0) & (0xff >> sizeLength);
  let isUnknown = sizeBytes === 0xff >> sizeLength;
  for (let index = 1; index < sizeLength; index += 1) {
    const byte = bytes[idLength + index] ?? 0;
    isUnknown &&= byte === 0xff;
    sizeBytes = sizeBytes * 256 + byte;
  }
  return { id, contentOffset: offset + idLength + sizeLength, sizeBytes: isUnknown ? null : sizeBytes };
}
