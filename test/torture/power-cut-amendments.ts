import { setTimeout as sleep } from 'node:timers/promises';
import type { Recording } from '../../src/model/recording.ts';
import { ask, type Conversation } from './power-cut-clients.ts';

/** Somebody edits titles, fills and empties the trash, gives and takes tokens. */
export async function amend(talk: Conversation): Promise<void> {
  while (!talk.signal.aborted) {
    await sleep(talk.random() * 20);
    const isDone = talk.random() < 0.25 ? await changeTokens(talk) : await changeRecording(talk);
    if (!isDone) return;
  }
}

async function changeRecording(talk: Conversation): Promise<boolean> {
  const { ledger, random } = talk;
  const known = [...ledger.uploads.values()].filter(({ isRecording }) => isRecording);
  const upload = known[Math.floor(random() * known.length)];
  if (upload === undefined) return true;
  const path = `/api/recordings/${upload.id}`;
  const before = ledger.amended.get(upload.id) ?? (await look(talk, path));
  if (before === undefined) return false;
  let init: RequestInit = { method: 'DELETE' };
  const isTrashed = before.isTrashed.answered;
  const act = random();
  if (act < 0.5) {
    const title = `Title ${talk.nextSeed()}`;
    before.title.asked = title;
    init = {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title }),
    };
  } else {
    before.isTrashed.asked = !isTrashed;
    if (isTrashed) init = { method: 'POST' };
  }
  const answer = await ask(talk, act >= 0.5 && isTrashed ? `${path}/restore` : path, init);
  const recording = await answer?.json().catch(() => undefined);
  if (recording === undefined) return false;
  ledger.noteAmended(recording as Recording);
  ledger.figures.amendments++;
  return true;
}

async function look(talk: Conversation, path: string) {
  const recording = await (await ask(talk, path, { method: 'GET' }))?.json().catch(() => undefined);
  if (recording === undefined) return undefined;
  talk.ledger.noteAmended(recording as Recording, true);
  return talk.ledger.amended.get((recording as Recording).id);
}

async function changeTokens(talk: Conversation): Promise<boolean> {
  const { ledger, random } = talk;
  const standing = ledger.tokens.filter(
    ({ secret, revoking }) => secret !== undefined && revoking === 'none',
  );
  const doomed = random() < 0.4 ? standing[Math.floor(random() * standing.length)] : undefined;
  if (doomed !== undefined) {
    doomed.revoking = 'asked';
    const answer = await ask(talk, `/api/tokens/${doomed.name}`, { method: 'DELETE' });
    if (answer === undefined) return false;
    doomed.revoking = 'answered';
    ledger.figures.amendments++;
    return true;
  }
  const name = `token-${talk.nextSeed()}`;
  const answer = await ask(talk, '/api/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, role: 'record' }),
  });
  const made = (await answer?.json().catch(() => undefined)) as { token: string } | undefined;
  if (made === undefined) return false;
  ledger.tokens.push({ name, secret: made.token, revoking: 'none' });
  ledger.figures.amendments++;
  return true;
}
