import type { BlobFinding } from '../blobs/blob-store.ts';
import type { Recording } from '../model/recording.ts';
import type { FixityCheck, VerificationResult } from '../model/verification.ts';

type Original = Pick<Recording, 'id' | 'title' | 'storedFilename' | 'checksum' | 'filesizeBytes'>;

/** What a look at the place of an original means for the recording. */
export function judgeFinding(original: Original, finding: BlobFinding, checkedAt: string): FixityCheck {
  const { id, title, storedFilename, checksum: expected, filesizeBytes } = original;
  const verdict = (
    result: VerificationResult,
    found: string | null,
    message: string | null,
  ): FixityCheck => ({
    id,
    storedFilename,
    result,
    expected,
    found,
    checkedAt,
    message,
  });
  const whose = `the audio of "${title}" (${id})`;
  switch (finding.kind) {
    case 'missing':
      return verdict('missing', null, `${storedFilename}, ${whose}, is not there.`);
    case 'unreadable':
      return verdict('unreadable', null, `${storedFilename}, ${whose}, cannot be checked. ${finding.reason}`);
    case 'file': {
      const { checksum: found, sizeBytes } = finding;
      if (found === expected) return verdict('ok', found, null);
      const sizes =
        sizeBytes === filesizeBytes
          ? `its ${sizeBytes} bytes have`
          : `it has ${sizeBytes} bytes instead of ${filesizeBytes}, with`;
      return verdict(
        'damaged',
        found,
        `${storedFilename}, ${whose}, has changed since it was received: ${sizes} SHA-256 ${found}, expected ${expected}.`,
      );
    }
    default:
      return verdict(
        'damaged',
        finding.kind,
        `${storedFilename} should be ${whose}, but a ${finding.kind.replace('-', ' ')} lies there.`,
      );
  }
}
