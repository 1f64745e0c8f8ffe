import { ByteReader, readFully } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { NewFile } from './new-file.ts';
import { readWavOutline } from './wav-outline.ts';

const COPY_BYTES = 1024 * 1024;
const MAX_RIFF_BYTES = 0xffff_ffff;
const DS64_BYTES = 28;

interface Span {
  readonly id: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Writes all chunks of a WAV file, samples included, behind a header that says what is really there (EBU Tech 3306 above 4 GB). */
export function repairWav(
  file: GuardedFile,
  outputPath: string,
  onProgress: (bytesDone: number) => void,
): void {
  const { file: riff, format } = readWavOutline(new ByteReader(file.descriptor, file.sizeBytes));
  const blockBytes = Math.max(1, format.blockBytes);
  const samples: Span = {
    id: 'data',
    offset: riff.data.offset,
    // Half a sample at a torn end sounds like nothing.
    sizeBytes: Math.floor(riff.data.sizeBytes / blockBytes) * blockBytes,
  };
  const others = riff.chunks.filter(({ id }) => id !== 'ds64');
  const spans = [
    ...others.filter(({ offset }) => offset < samples.offset),
    samples,
    ...others.filter(({ offset }) => offset > samples.offset),
  ];
  const output = new NewFile(outputPath);
  try {
    output.write(encodeHead(spans, samples, blockBytes));
    let bytesDone = 0;
    for (const span of spans) {
      output.write(chunkHead(span.id, span.sizeBytes));
      copySpan(file, span, output, (bytes) => onProgress(bytesDone + bytes));
      if (span.sizeBytes % 2 === 1) output.write(Buffer.alloc(1));
      bytesDone += span.sizeBytes;
    }
    output.finish();
  } finally {
    output.close();
  }
}

function encodeHead(spans: readonly Span[], samples: Span, blockBytes: number): Buffer {
  const chunkBytes = spans.reduce((sum, { sizeBytes }) => sum + 8 + sizeBytes + (sizeBytes % 2), 0);
  if (4 + chunkBytes <= MAX_RIFF_BYTES) {
    const head = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
    head.writeUInt32LE(4 + chunkBytes, 4);
    return head;
  }
  const ds64 = Buffer.alloc(DS64_BYTES);
  ds64.writeBigUInt64LE(BigInt(4 + 8 + DS64_BYTES + chunkBytes), 0);
  ds64.writeBigUInt64LE(BigInt(samples.sizeBytes), 8);
  ds64.writeBigUInt64LE(BigInt(Math.floor(samples.sizeBytes / blockBytes)), 16);
  const head = Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1');
  return Buffer.concat([head, chunkHead('ds64', DS64_BYTES), ds64]);
}

function chunkHead(id: string, sizeBytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(Math.min(sizeBytes, MAX_RIFF_BYTES), 4);
  return head;
}

function copySpan(
  file: GuardedFile,
  span: Span,
  output: NewFile,
  onProgress: (bytesDone: number) => void,
): void {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, Math.max(1, span.sizeBytes)));
  for (let done = 0; done < span.sizeBytes; ) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, span.sizeBytes - done));
    const count = readFully(file.descriptor, wanted, span.offset + done);
    if (count === 0) return;
    output.write(wanted.subarray(0, count));
    done += count;
    onProgress(done);
  }
}
