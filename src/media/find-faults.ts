import type { RepairableFault } from '../model/repair.ts';
import { withAudioInput } from './audio-input.ts';
import { ByteReader } from './byte-reader.ts';
import { sniffContent } from './content-sniff.ts';
import { isMp3Cut } from './declared-size.ts';
import { readFlacOutline } from './flac-outline.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { readMatroskaOutline } from './matroska-outline.ts';
import { readMp4Outline } from './mp4-outline.ts';
import { readOggOutline } from './ogg-outline.ts';
import { hasFlacGap } from './repair-flac.ts';
import { readRiffFile } from './riff-file.ts';

const ALL_ONES = 0xffff_ffff;

/** The faults of the file at `path` that {@link repairAudio} can put right; none of a file as it should be. */
export function findFaults(path: string, onProgress: (share: number) => void): RepairableFault[] {
  return withGuardedFile(path, (file) => {
    const reader = new ByteReader(file.descriptor, file.sizeBytes);
    return faultsOf(file, reader, (bytesDone) => onProgress(bytesDone / file.sizeBytes));
  });
}

function faultsOf(
  file: GuardedFile,
  reader: ByteReader,
  onProgress: (bytesDone: number) => void,
): RepairableFault[] {
  switch (sniffContent(reader.copy(0, 4096)).family) {
    case 'wav':
      return wavFaults(reader);
    case 'ogg':
      return readOggOutline(reader).isCut ? ['ogg-cut'] : [];
    case 'flac':
      return flacFaults(file, reader, onProgress);
    case 'matroska':
      return matroskaFaults(reader);
    case 'mp4':
      return mp4Faults(reader);
    default: {
      const demuxer = withAudioInput(file, (input) => input.demuxer, { isHeaderEnough: true });
      return demuxer === 'mp3' && isMp3Cut(reader) ? ['mp3-cut'] : [];
    }
  }
}

function wavFaults(reader: ByteReader): RepairableFault[] {
  const { dataState, container } = readRiffFile(reader);
  if (dataState === 'open') return ['wav-unfinished'];
  if (dataState === 'cut') return ['wav-cut'];
  if (container !== 'wav') return [];
  const declared = reader.copy(4, 4).readUInt32LE(0);
  if (declared === 0 || declared === ALL_ONES) return ['wav-unfinished'];
  // What lies behind the declared end is somebody's appendix; the one filling byte may be missing.
  return declared + 8 > reader.sizeBytes + 1 ? ['wav-size-wrong'] : [];
}

function flacFaults(
  file: GuardedFile,
  reader: ByteReader,
  onProgress: (bytesDone: number) => void,
): RepairableFault[] {
  return [
    ...(isFlacCut(reader) ? (['flac-cut'] as const) : []),
    ...(hasFlacGap(file, onProgress) ? (['flac-damaged'] as const) : []),
  ];
}

function isFlacCut(reader: ByteReader): boolean {
  const outline = readFlacOutline(reader);
  if (outline === undefined) return false;
  const { declaredSamples, lastSample, isLastFrameWhole } = outline;
  return (
    !isLastFrameWhole || (declaredSamples !== null && lastSample !== null && lastSample < declaredSamples)
  );
}

function matroskaFaults(reader: ByteReader): RepairableFault[] {
  const { hasDuration, hasCues, isCut } = readMatroskaOutline(reader);
  return [
    ...(isCut ? (['webm-cut'] as const) : []),
    ...(hasDuration ? [] : (['webm-no-length'] as const)),
    ...(hasCues ? [] : (['webm-no-index'] as const)),
  ];
}

function mp4Faults(reader: ByteReader): RepairableFault[] {
  const { isFragmented, isCut, hasMovie } = readMp4Outline(reader);
  if (!hasMovie) return ['mp4-no-movie'];
  return [...(isCut ? (['mp4-cut'] as const) : []), ...(isFragmented ? (['mp4-no-index'] as const) : [])];
}
