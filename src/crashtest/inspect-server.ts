import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eachAtOnce } from '../model/each-at-once.ts';
import type { Recording } from '../model/recording.ts';
import { type Answer, type HttpClient, headerOf } from './http-client.ts';
import type { Ledger } from './ledger.ts';
import { describe, noteOffset } from './upload-client.ts';

const AT_ONCE = 4;
const ATTEMPTS = 40;
const RETRY_MS = 250;

/**
 * Asks a server that nothing disturbs any more for everything it has: every row, every byte and the peaks of every
 * recording, how far every upload came. What is not as promised goes into the ledger. Resolves to all rows.
 */
export async function inspectServer(client: HttpClient, ledger: Ledger): Promise<Recording[]> {
  await eachAtOnce([...ledger.uploads.keys()], AT_ONCE, (id) => inspectUpload(client, ledger, id));
  const recordings = [
    ...(await listRecordings(client, ledger, '')),
    ...(await listRecordings(client, ledger, '&trashed=true')),
  ];
  await eachAtOnce(recordings, AT_ONCE, (recording) => inspectRecording(client, ledger, recording));
  return recordings;
}

async function inspectUpload(client: HttpClient, ledger: Ledger, id: string): Promise<void> {
  const sending = ledger.uploads.get(id);
  if (!sending) return;
  const { acknowledgedBytes, recordingId, sizeBytes } = sending;
  const answer = await askPatiently(client, 'HEAD', `/api/uploads/${id}`);
  if (answer?.status !== 200) {
    const message = `Upload ${id} with ${acknowledgedBytes} acknowledged bytes is not known any more: ${shown(answer)}.`;
    ledger.lose('lost-bytes', message, acknowledgedBytes);
    return;
  }
  const found = headerOf(answer, 'recording-id') ?? null;
  if (recordingId !== null && found !== recordingId) {
    const message = `Upload ${id} was said to be recording ${recordingId}; now it is said to be ${found ?? 'none'}.`;
    ledger.lose(found === null ? 'lost-bytes' : 'duplicate', message, found === null ? sizeBytes : 0);
    return;
  }
  noteOffset(ledger, sending, id, Number(headerOf(answer, 'upload-offset')));
}

async function inspectRecording(client: HttpClient, ledger: Ledger, recording: Recording): Promise<void> {
  const { id, checksum, duration } = recording;
  const audio = await askPatiently(client, 'GET', `/api/recordings/${id}/audio`);
  const found = audio?.status === 200 ? createHash('sha256').update(audio.body).digest('hex') : undefined;
  if (found !== checksum) {
    const what =
      found === undefined ? shown(audio) : `bytes with the checksum ${found} instead of ${checksum}`;
    ledger.lose('unreadable', `Recording ${id} cannot be played: ${what}.`);
  }
  if (duration === null || duration <= 0) {
    ledger.lose('unreadable', `Recording ${id} has no length: its audio could not be read.`);
  }
  const peaks = await askPatiently(client, 'GET', `/api/recordings/${id}/peaks?width=200`);
  if (peaks?.status !== 200) ledger.lose('unreadable', `Recording ${id} gives no peaks: ${shown(peaks)}.`);
}

async function listRecordings(client: HttpClient, ledger: Ledger, more: string): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (let cursor = ''; ; ) {
    const answer = await askPatiently(
      client,
      'GET',
      `/api/recordings?limit=500&order=oldest${more}${cursor}`,
    );
    if (answer?.status !== 200) {
      ledger.lose('server', `The library cannot be listed: ${shown(answer)}.`);
      return recordings;
    }
    const page = JSON.parse(answer.body.toString('utf8')) as {
      items: Recording[];
      nextCursor: string | null;
    };
    recordings.push(...page.items);
    if (page.nextCursor === null) return recordings;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** A server that has just started may still be checking; what it refuses for good is answered at once. */
async function askPatiently(client: HttpClient, method: string, path: string): Promise<Answer | undefined> {
  for (let attempt = 1; ; attempt++) {
    const answer = await client.ask(method, path, { headers: { 'tus-resumable': '1.0.0' } });
    const isWorthAnother = answer === undefined || answer.status === 423 || answer.status >= 500;
    if (!isWorthAnother || attempt === ATTEMPTS) return answer;
    await sleep(RETRY_MS);
  }
}

function shown(answer: Answer | undefined): string {
  return answer === undefined ? 'no answer came' : describe(answer);
}
