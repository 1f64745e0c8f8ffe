import { basename } from 'node:path';
import type { AudioFacts } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { ByteReader } from './byte-reader.ts';
import { sniffContent } from './content-sniff.ts';
import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { type ProbeSettings, probeStream } from './probe-stream.ts';
import { probeWav } from './probe-wav.ts';
import { withExtensionWarning } from './wrong-extension.ts';

/** Most headers fit, and stepping from one far place to the next costs little. */
const WINDOW_BYTES = 16_384;

/** Facts of the file at `path`. */
export function probe(path: string, filename: string, settings: ProbeSettings = {}): AudioFacts {
  const name = basename(filename === '' ? path : filename);
  try {
    const facts = withGuardedFile(path, (file) => probeContent(file, settings));
    return withExtensionWarning(facts, name);
  } catch (error) {
    if (!(error instanceof VoiceRecorderError)) throw error;
    throw new VoiceRecorderError(error.code, `"${name}": ${error.message}`, {
      cause: error.cause,
      details: error.details,
    });
  }
}

function probeContent(file: GuardedFile, settings: ProbeSettings): AudioFacts {
  if (file.sizeBytes === 0)
    throw new VoiceRecorderError(
      'audio-no-samples',
      'The file is empty (0 bytes): nothing of the recording was written.',
    );
  const reader = new ByteReader(file.descriptor, file.sizeBytes, WINDOW_BYTES);
  const kind = sniffContent(reader.view(0, 4096));
  switch (kind.family) {
    case 'reference':
      throw new VoiceRecorderError(
        'not-audio-reference',
        `The file is ${kind.what}, which only points at audio elsewhere: expected a file that holds its audio itself.`,
      );
    case 'not-audio':
      throw new VoiceRecorderError('not-audio-content', `The file is ${kind.what}: expected audio.`);
    case 'wav':
      return probeWav(file, reader, settings.onProgress);
    default:
      return probeStream(file, reader, kind.family, settings);
  }
}
