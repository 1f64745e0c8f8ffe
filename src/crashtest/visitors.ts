import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, headerOf } from './http-client.ts';
import { type Sending, sentBytes } from './ledger.ts';
import type { ClientDesk } from './recorders.ts';
import { wholeNumber } from './seeded-random.ts';

const LONGEST_PAUSE_MS = 400;

/** Looks through the library as people do while others record: lists, plays, seeks, asks for peaks. */
export async function readLibrary(desk: ClientDesk): Promise<void> {
  const { client, random, ending, ledger } = desk;
  while (!ending.aborted) {
    const chosen = chooseRecording(desk);
    const choice = random();
    if (chosen === undefined || choice < 0.2) await client.ask('GET', '/api/recordings?limit=50');
    else if (choice < 0.5) await readRange(desk, chosen);
    else {
      const kind = choice < 0.75 ? 'peaks?width=300' : 'audio?rendition=playable';
      // The time it takes is spent in the media process; an answer need not come through the faults.
      const answer = await client.ask('GET', `/api/recordings/${chosen.recordingId}/${kind}`);
      if (answer?.status === 404) missing(desk, chosen, answer);
    }
    if (ledger.losses.length > MANY_LOSSES) return;
    await sleep(random() * LONGEST_PAUSE_MS, undefined, { signal: ending }).catch(() => undefined);
  }
}

/** Then there is enough to look at. */
const MANY_LOSSES = 1000;

/** Gives recordings new titles, and notes which of them were answered for. */
export async function amendTitles(desk: ClientDesk): Promise<void> {
  const { client, ledger, random, ending } = desk;
  for (let turn = 1; !ending.aborted; turn++) {
    const chosen = chooseRecording(desk);
    if (chosen?.recordingId) {
      const title = `Title ${turn} of ${chosen.kind} ${chosen.recipe.seed}`;
      ledger.wish(chosen.recordingId, title);
      const answer = await client.ask('PATCH', `/api/recordings/${chosen.recordingId}`, {
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ title })),
      });
      if (answer?.status === 200) await ledger.amended(chosen.recordingId, title);
      else if (answer?.status === 404) missing(desk, chosen, answer);
    }
    await sleep(random() * LONGEST_PAUSE_MS, undefined, { signal: ending }).catch(() => undefined);
  }
}

async function readRange({ client, ledger, random }: ClientDesk, chosen: Sending): Promise<void> {
  const start = wholeNumber(random, 0, chosen.sizeBytes - 1);
  const end = Math.min(chosen.sizeBytes, start + wholeNumber(random, 1, 300_000));
  const path = `/api/recordings/${chosen.recordingId}/audio`;
  const answer = await client.ask('GET', path, { headers: { range: `bytes=${start}-${end - 1}` } });
  if (answer === undefined || answer.status !== 206) return;
  const isRange = headerOf(answer, 'content-range') === `bytes ${start}-${end - 1}/${chosen.sizeBytes}`;
  if (isRange && answer.body.equals(sentBytes(chosen).subarray(start, end))) return;
  const message = `Recording ${chosen.recordingId} gave other bytes from ${start} to ${end} than were sent.`;
  ledger.lose('differing-bytes', message);
}

function missing({ ledger }: ClientDesk, { recordingId, sizeBytes }: Sending, { status }: Answer): void {
  const message = `Recording ${recordingId} was acknowledged, but the server answers with status ${status}.`;
  ledger.lose('lost-bytes', message, sizeBytes);
}

/** One of those that were acknowledged; undefined while there is none. */
function chooseRecording({ ledger, random }: ClientDesk): Sending | undefined {
  const known = ledger.recordings;
  return known.length === 0 ? undefined : known[wholeNumber(random, 0, known.length - 1)];
}
