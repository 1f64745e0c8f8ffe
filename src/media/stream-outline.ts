import type { ByteReader } from './byte-reader.ts';
import type { Container } from './containers.ts';
import { isAsfCut, isMp3Cut } from './declared-size.ts';
import { readFlacOutline } from './flac-outline.ts';
import { readMatroskaOutline } from './matroska-outline.ts';
import { readMp4Outline } from './mp4-outline.ts';
import { readOggOutline } from './ogg-outline.ts';

/** What a look at the structure of a file says before FFmpeg decodes any of it. */
export interface StreamOutline {
  readonly container: Container;
  /** The file ends before its own structure says. */
  readonly isCut: boolean;
  /** The header tells the true length; otherwise the packets must be counted. */
  readonly isHeaderTrue: boolean;
  /** Browsers can jump to any place without reading everything before it. */
  readonly isSeekable: boolean;
  /** Samples per channel, where the structure alone gives them exactly. */
  readonly exactSamples: number | null;
}

/** `demuxer` is FFmpeg's name of the format; `hasHeaderDuration` whether its header has a length. */
export function outlineStream(
  reader: ByteReader,
  demuxer: string,
  hasHeaderDuration: boolean,
): StreamOutline {
  const plain = { isCut: false, isHeaderTrue: hasHeaderDuration, isSeekable: true, exactSamples: null };
  switch (demuxer) {
    case 'matroska,webm':
      return outlineMatroska(reader, hasHeaderDuration);
    case 'mov,mp4,m4a,3gp,3g2,mj2':
      return outlineMp4(reader, hasHeaderDuration);
    case 'ogg':
      return { ...plain, container: 'ogg', isCut: readOggOutline(reader).isCut };
    case 'flac':
      return outlineFlac(reader);
    case 'mp3':
      return cutIf(isMp3Cut(reader), { ...plain, container: 'mp3' });
    case 'aac':
      return { ...plain, container: 'adts', isHeaderTrue: false, isSeekable: false };
    case 'amr':
    // Frames without the header that names them.
    case 'amrnb':
    case 'amrwb':
      return { ...plain, container: 'amr', isHeaderTrue: false, isSeekable: false };
    case 'aiff':
      return { ...plain, container: reader.copy(8, 4).toString('latin1') === 'AIFC' ? 'aifc' : 'aiff' };
    case 'asf':
      return cutIf(isAsfCut(reader), { ...plain, container: 'asf' });
    case 'au':
    case 'caf':
    case 'w64':
      return { ...plain, container: demuxer };
    default:
      // The whitelist of demuxers lets nothing else through.
      throw new Error(`No container is known for the demuxer ${demuxer}.`);
  }
}

function outlineMatroska(reader: ByteReader, hasHeaderDuration: boolean): StreamOutline {
  const outline = readMatroskaOutline(reader);
  const isHeaderTrue = hasHeaderDuration && outline.hasDuration && !outline.isCut;
  return {
    container: outline.docType === 'webm' ? 'webm' : 'matroska',
    isCut: outline.isCut,
    isHeaderTrue,
    isSeekable: isHeaderTrue && outline.hasCues,
    exactSamples: null,
  };
}

function outlineMp4(reader: ByteReader, hasHeaderDuration: boolean): StreamOutline {
  const outline = readMp4Outline(reader);
  const isHeaderTrue = hasHeaderDuration && !outline.isFragmented && !outline.isCut;
  const container = /^3g/i.test(outline.brand) ? '3gp' : 'mp4';
  return { container, isCut: outline.isCut, isHeaderTrue, isSeekable: isHeaderTrue, exactSamples: null };
}

function outlineFlac(reader: ByteReader): StreamOutline {
  const outline = readFlacOutline(reader);
  // Behind an ID3v2 tag the outline is not read: the header counts, as FFmpeg found it.
  if (outline === undefined) {
    return { container: 'flac', isCut: false, isHeaderTrue: false, isSeekable: true, exactSamples: null };
  }
  const { declaredSamples, lastSample, isLastFrameWhole } = outline;
  const isAgreed =
    isLastFrameWhole && lastSample !== null && (declaredSamples === null || declaredSamples === lastSample);
  return {
    container: 'flac',
    isCut:
      !isLastFrameWhole || (declaredSamples !== null && lastSample !== null && lastSample < declaredSamples),
    isHeaderTrue: isAgreed,
    // Without a total in the header browsers only know the length after the last byte.
    isSeekable: declaredSamples !== null,
    exactSamples: isAgreed ? lastSample : null,
  };
}

function cutIf(isCut: boolean, outline: StreamOutline): StreamOutline {
  return isCut ? { ...outline, isCut, isHeaderTrue: false, isSeekable: false } : outline;
}
