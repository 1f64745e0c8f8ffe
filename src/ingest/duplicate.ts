import { toIsoUtc } from '../model/clock.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { Recording, RecordingAlias } from '../model/recording.ts';
import { sidecarKey, sidecarText } from '../model/sidecar.ts';
import type { SpooledFile, UploadReceipt } from '../model/upload.ts';
import type { IngestDesk } from './ingest-desk.ts';
import { expectedOf, receiptFor } from './placing.ts';

/**
 * Answers bytes that are in the store already. "It is here" is said only after the stored bytes were read again: what
 * is damaged or missing is healed with the incoming ones, what lies in the trash comes back, and what the newcomer is
 * called is kept as an alias. Undefined when it was purged meanwhile.
 */
export function keepAsDuplicate(
  desk: IngestDesk,
  standing: Recording,
  newcomer: Recording,
  spooled: SpooledFile,
): Promise<UploadReceipt | undefined> {
  return desk.turns.take(standing.id, async () => {
    const before = await desk.recordings.find(standing.id);
    if (before === undefined) return undefined;
    let now = before;
    await healIfNeeded(desk, before, spooled);
    if (now.status === 'trashed') now = await desk.recordings.restore(now.id, null);
    if (now.status === 'damaged' || now.status === 'missing') now = await desk.recordings.markSound(now.id);
    const receipt = receiptFor(desk, spooled.id, now, true);
    const alias = aliasOf(newcomer, spooled, toIsoUtc(desk.clock.nowMs()));
    now = isNews(alias, now)
      ? await desk.recordings.addAlias(now.id, alias, receipt)
      : await desk.recordings.activate(now, receipt);
    if (now.version !== before.version) desk.onChanged?.(now);
    return receipt;
  });
}

async function healIfNeeded(desk: IngestDesk, standing: Recording, spooled: SpooledFile): Promise<void> {
  const key = standing.storedFilename;
  const found = await checksumIfThere(desk, key);
  if (found === standing.checksum) return;
  if (found !== undefined) {
    const reason = `Recording ${standing.id} should have SHA-256 ${standing.checksum}, but these bytes have ${found}.`;
    await desk.blobs.quarantine(
      key,
      `${reason} They were replaced by a sound copy that was brought in again.`,
    );
  }
  const history = await desk.recordings.sidecarHistory(standing.id);
  const sidecar = { key: sidecarKey(key), content: sidecarText(standing, history) };
  await desk.blobs.place(key, spooled.path, expectedOf(standing), sidecar);
  desk.log?.(
    'warn',
    `Recording ${standing.id} was ${found === undefined ? 'missing' : 'damaged'} and is healed.`,
    {
      id: standing.id,
      storedFilename: key,
      found: found ?? null,
    },
  );
}

async function checksumIfThere(desk: IngestDesk, key: string): Promise<string | undefined> {
  try {
    return (await desk.blobs.checksum(key)).checksum;
  } catch (error) {
    if (failureCodeOf(error) === 'blob-missing') return undefined;
    throw error;
  }
}

/** `newcomer` is what these bytes would have become; its title counts only when somebody gave it. */
function aliasOf(newcomer: Recording, { wish }: SpooledFile, addedAt: string): RecordingAlias {
  return {
    filename: newcomer.filename,
    title: wish.title === null ? null : newcomer.title,
    tags: newcomer.tags,
    notes: newcomer.notes,
    recordedAt: newcomer.recordedAt,
    addedAt,
  };
}

function isNews(alias: RecordingAlias, standing: Recording): boolean {
  return (
    alias.filename !== standing.filename ||
    (alias.title !== null && alias.title !== standing.title) ||
    alias.tags.some((tag) => !standing.tags.includes(tag)) ||
    (alias.notes !== '' && alias.notes !== standing.notes) ||
    (alias.recordedAt !== null && alias.recordedAt !== standing.recordedAt)
  );
}
