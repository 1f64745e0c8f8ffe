import type { AudioFacts, AudioWarning } from '../model/audio-facts.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import type { SpooledFile, UploadReceipt } from '../model/upload.ts';
import { checksumRule } from '../validation/transfer-rules.ts';
import { keepAsDuplicate } from './duplicate.ts';
import type { IngestDesk } from './ingest-desk.ts';
import { newRecording } from './new-recording.ts';
import { placeAndActivate, receiptFor, reportDiskFull } from './placing.ts';
import { settleClaim } from './recover-placing.ts';
import { supersede } from './supersede.ts';

// Each further round means that yet another claim on the same bytes came and was given up in between.
const MAX_ROUNDS = 10;

/**
 * Makes a recording of bytes that are complete and synced in the spool. Resolves once they are placed, catalogued and
 * the receipt is committed; for the same upload always to the same receipt. What is then left in the spool folder is
 * the caller's to clear.
 * Rejects with a code of the probe (`not-audio-…`, `audio-…`, `media-…`), `checksum-mismatch`, `disk-full`,
 * `storage-failed` (also when the spooled bytes cannot be read back) or a code of the catalogue; the bytes then lie in the spool as before, or safely at their place.
 */
export function ingestSpooled(desk: IngestDesk, spooled: SpooledFile): Promise<UploadReceipt> {
  return ingest(desk, spooled, []);
}

/** The same for a copy under an id that nobody ever used before: what is known of it need not be looked for. */
export function ingestCopy(desk: IngestDesk, spooled: SpooledFile): Promise<UploadReceipt> {
  return ingest(desk, spooled, [], 'new');
}

/**
 * Makes a recording of a copy of what came of an upload, `uploadId`, whose client did not return. When it does return
 * and completes, the whole recording supersedes this one.
 */
export function adoptRecovered(
  desk: IngestDesk,
  spooled: SpooledFile,
  uploadId: RecordingId,
): Promise<UploadReceipt> {
  const message = `These are the ${spooled.sizeBytes} bytes that had arrived of upload ${uploadId}, which was never completed.`;
  return ingest(desk, spooled, [{ code: 'recovered', message }]);
}

async function ingest(
  desk: IngestDesk,
  spooled: SpooledFile,
  warnings: readonly AudioWarning[],
  id: 'new' | 'used' = 'used',
): Promise<UploadReceipt> {
  try {
    return await desk.turns.take(spooled.id, () => ingestInTurn(desk, spooled, warnings, id === 'new'));
  } catch (error) {
    await reportDiskFull(desk, error);
    throw error;
  }
}

async function ingestInTurn(
  desk: IngestDesk,
  spooled: SpooledFile,
  warnings: readonly AudioWarning[],
  isNew: boolean,
): Promise<UploadReceipt> {
  requireWishedChecksum(spooled);
  // Asked at once, for each answer is a way to another thread or process and back.
  const probing = factsOf(desk, spooled);
  probing.catch(() => {
    // Told below, unless the bytes turn out to be a recording already and need no probe.
  });
  const [known, own] = isNew
    ? []
    : await Promise.all([desk.recordings.findReceipt(spooled.id), desk.recordings.find(spooled.id)]);
  if (known !== undefined) return known;
  // Claimed before a crash: the bytes may be at their place already, where no probe of the spool finds them.
  if (own !== undefined) return await finish(desk, own, spooled);
  const facts = await probing.catch((refusal: unknown) => confirmRefusal(desk, spooled, refusal));
  const recording = newRecording(spooled, facts, { warnings });
  // Takes and edits are exempt: two takes of silence are two takes.
  const isDeduplicated = recording.kind === 'file';
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const claim = await desk.recordings.claim(recording, { isDeduplicated });
    if (claim.outcome === 'claimed') return await finish(desk, recording, spooled);
    if (claim.by.id === recording.id) return await finish(desk, claim.by, spooled);
    const winner = await settleClaim(desk, claim.by.id);
    if (winner === undefined) continue;
    const receipt = await keepAsDuplicate(desk, winner, recording, spooled);
    if (receipt === undefined) continue;
    if (spooled.supersedes) await supersede(desk, spooled.supersedes, winner);
    return receipt;
  }
  throw new VoiceRecorderError(
    'catalogue-busy',
    `${recording.filename} could not be entered: others kept claiming the same bytes. Try again.`,
  );
}

async function factsOf(desk: IngestDesk, { facts, path, wish }: SpooledFile): Promise<AudioFacts> {
  return facts ?? (await desk.media.probe(path, wish.filename));
}

async function finish(desk: IngestDesk, recording: Recording, spooled: SpooledFile): Promise<UploadReceipt> {
  if (recording.status !== 'placing') {
    const receipt = receiptFor(desk, spooled.id, recording, false);
    await desk.recordings.activate(recording, receipt);
    return receipt;
  }
  return await placeAndActivate(desk, recording, spooled.path, async () => {
    if (spooled.supersedes) await supersede(desk, spooled.supersedes, recording);
  });
}

/**
 * The spool is ours: what keeps its bytes from being read is the disk, and may pass. So they are refused for good only
 * when they can be read and are the ones that came.
 */
async function confirmRefusal(
  desk: IngestDesk,
  { id, path, checksum }: SpooledFile,
  refusal: unknown,
): Promise<never> {
  if (!(refusal instanceof VoiceRecorderError) || refusal.isRetryable) throw refusal;
  const found = await desk.hashFile(path).catch((cause: unknown) => {
    throw unreadable(id, 'they cannot be read', cause);
  });
  if (found.checksum === checksum) throw refusal;
  throw unreadable(id, `they should have SHA-256 ${checksum}, but have ${found.checksum}`, refusal);
}

function unreadable(id: string, what: string, cause: unknown): VoiceRecorderError {
  return new VoiceRecorderError(
    'storage-failed',
    `The spooled bytes of upload ${id} could not be probed: ${what}. They stay where they are.`,
    { cause },
  );
}

function requireWishedChecksum({ id, wish, checksum, sizeBytes }: SpooledFile): void {
  const advice = `There are ${sizeBytes} bytes of it.`;
  checksumRule.check({ what: `Upload ${id}`, expected: wish.checksum, found: checksum, advice });
}
