import { VoiceRecorderError } from '../model/failure.ts';
import { ByteReader } from './byte-reader.ts';
import type { GuardedFile } from './guarded-file.ts';
import { NewFile } from './new-file.ts';
import { encodeOggPage, OGG_END, type OggPage, OggPageReader } from './ogg-pages.ts';

/** Writes every whole page as it is; the last one of each stream says that it is the end (RFC 3533 section 6). */
export function repairOgg(
  file: GuardedFile,
  outputPath: string,
  onProgress: (bytesDone: number) => void,
): void {
  const lastPages = countPages(file, onProgress);
  if (lastPages.size === 0) {
    throw new VoiceRecorderError('audio-no-samples', 'Not one whole page is left of the Ogg file.');
  }
  const pages = new OggPageReader(new ByteReader(file.descriptor, file.sizeBytes));
  const output = new NewFile(outputPath);
  const sequences = new Map<number, number>();
  try {
    for (let page = pages.next(); page !== undefined; page = pages.next()) {
      const sequence = sequences.get(page.serial) ?? 0;
      sequences.set(page.serial, sequence + 1);
      const isLast = sequence + 1 === lastPages.get(page.serial);
      const wanted: OggPage = isLast ? { ...page, flags: page.flags | OGG_END } : page;
      for (const part of encodeOggPage(wanted, sequence)) output.write(part);
      onProgress(pages.bytesDone);
    }
    output.finish();
  } finally {
    output.close();
  }
}

/** How many whole pages each stream has. */
function countPages(file: GuardedFile, onProgress: (bytesDone: number) => void): Map<number, number> {
  const pages = new OggPageReader(new ByteReader(file.descriptor, file.sizeBytes));
  const counts = new Map<number, number>();
  for (let page = pages.next(); page !== undefined; page = pages.next()) {
    counts.set(page.serial, (counts.get(page.serial) ?? 0) + 1);
    onProgress(0);
  }
  return counts;
}
