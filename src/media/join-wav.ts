import { ByteReader, readFully } from './byte-reader.ts';
import { withGuardedFile } from './guarded-file.ts';
import { CopyImpossible, type JoinedParts, type JoinProgress } from './join-parts.ts';
import { NewFile } from './new-file.ts';
import { readWavOutline } from './wav-outline.ts';

const COPY_BYTES = 1024 * 1024;
const MAX_RIFF_BYTES = 0xffff_ffff;
const DS64_BYTES = 28;

interface WavPart {
  readonly path: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Puts the samples of WAV files with the same format chunk behind one header; above 4 GB an RF64 one (EBU Tech 3306). */
export function joinWav(paths: readonly string[], outputPath: string, onProgress: JoinProgress): JoinedParts {
  const { parts, format, blockBytes, sampleRateHz } = readParts(paths);
  const totalBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const output = new NewFile(outputPath);
  try {
    output.write(encodeHeader(format, totalBytes, blockBytes));
    const startsSeconds: number[] = [];
    let bytesDone = 0;
    for (const part of parts) {
      startsSeconds.push(bytesDone / blockBytes / sampleRateHz);
      copyPart(part, output, (bytes) => onProgress(bytesDone + bytes));
      bytesDone += part.sizeBytes;
    }
    if (totalBytes % 2 === 1) output.write(Buffer.alloc(1));
    output.finish();
    return { startsSeconds, durationSeconds: totalBytes / blockBytes / sampleRateHz };
  } finally {
    output.close();
  }
}

function readParts(paths: readonly string[]) {
  const outlines = paths.map((path) =>
    withGuardedFile(path, (file) => {
      const reader = new ByteReader(file.descriptor, file.sizeBytes);
      const { file: riff, format } = readWavOutline(reader);
      const chunk = riff.chunks.find(({ id }) => id === 'fmt ');
      const bytes = reader.copy(chunk?.offset ?? 0, chunk?.sizeBytes ?? 0);
      if (!format.isPcm) throw new CopyImpossible('The WAV file holds coded audio.');
      const sizeBytes = Math.floor(riff.data.sizeBytes / format.blockBytes) * format.blockBytes;
      return { part: { path, offset: riff.data.offset, sizeBytes }, format, bytes };
    }),
  );
  const [first] = outlines;
  if (!first || outlines.some(({ bytes }) => !bytes.equals(first.bytes)))
    throw new CopyImpossible('The format chunks of the segments differ.');
  const { blockBytes, sampleRateHz } = first.format;
  return { parts: outlines.map(({ part }): WavPart => part), format: first.bytes, blockBytes, sampleRateHz };
}

function encodeHeader(format: Buffer, dataBytes: number, blockBytes: number): Buffer {
  const paddedFormat = Buffer.concat([format, Buffer.alloc(format.length % 2)]);
  const contentBytes = 4 + 8 + DS64_BYTES + 8 + paddedFormat.length + 8 + dataBytes + (dataBytes % 2);
  const isLong = contentBytes > MAX_RIFF_BYTES;
  const ds64 = Buffer.alloc(DS64_BYTES);
  ds64.writeBigUInt64LE(BigInt(contentBytes), 0);
  ds64.writeBigUInt64LE(BigInt(dataBytes), 8);
  ds64.writeBigUInt64LE(BigInt(dataBytes / blockBytes), 16);
  const riff = Buffer.from(isLong ? 'RF64\0\0\0\0WAVE' : 'RIFF\0\0\0\0WAVE', 'latin1');
  riff.writeUInt32LE(isLong ? MAX_RIFF_BYTES : contentBytes, 4);
  return Buffer.concat([
    riff,
    // The room for long sizes stays as JUNK where it is not needed.
    chunkHead(isLong ? 'ds64' : 'JUNK', DS64_BYTES),
    isLong ? ds64 : Buffer.alloc(DS64_BYTES),
    chunkHead('fmt ', format.length),
    paddedFormat,
    chunkHead('data', isLong ? MAX_RIFF_BYTES : dataBytes),
  ]);
}

function chunkHead(id: string, sizeBytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(sizeBytes, 4);
  return head;
}

function copyPart(part: WavPart, output: NewFile, onProgress: JoinProgress): void {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  withGuardedFile(part.path, (file) => {
    for (let done = 0; done < part.sizeBytes; ) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, part.sizeBytes - done));
      const count = readFully(file.descriptor, wanted, part.offset + done);
      if (count === 0) throw new CopyImpossible('A WAV file became shorter while it was read.');
      output.write(wanted.subarray(0, count));
      done += count;
      onProgress(done);
    }
  });
}
