// A life with a disk that fails a sync: opens the store in the folder named by its argument, records, imports and
// amends, trying each step again when it is refused, and says on stdout what was answered.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openVoiceRecorder } from '../../src/open.ts';
import { chunkOf, wishFor } from '../spool-desk.ts';
import { voiceSamples, wavBytes } from '../voice-wav.ts';

export type SyncFailureLine =
  | { readonly kind: 'refused'; readonly step: string; readonly code: string }
  | { readonly kind: 'take' | 'imported'; readonly id: string; readonly checksum: string }
  | { readonly kind: 'titled'; readonly id: string; readonly title: string }
  | { readonly kind: 'token'; readonly secret: string }
  | { readonly kind: 'gave-up' | 'done' };

const TRIES = 6;
const root = process.argv[2] ?? '';
const voice = (seed: number) => wavBytes(voiceSamples(0.3, 8000, seed), 8000);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const say = (line: SyncFailureLine) => void writeSync(1, `${JSON.stringify(line)}\n`);

/** A refusal must have a name, and must not last: only one sync fails in each thread. */
async function tryOn<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      say({ kind: 'refused', step, code });
      if (tries === TRIES) throw error;
    }
  }
}

const house = await tryOn('open', () =>
  openVoiceRecorder({
    environment: 'testing',
    dataDir: join(root, 'data'),
    overrides: { stateDir: join(root, 'state'), enableDiskSpaceCheck: false },
    runsJobs: false,
  }),
).catch(() => {
  // Each try has a database thread of its own, whose n-th sync fails anew.
  say({ kind: 'gave-up' });
  process.exit(0);
});
const { library, uploads, access } = house;

const take = voice(1);
const { id } = await tryOn('create', () => uploads.create(wishFor({ filename: 'take.wav' }), null));
for (const [from, to] of [
  [0, 1000],
  [1000, 3000],
  [3000, take.length],
] as const) {
  await tryOn(`append ${from}`, async () => {
    const { offsetBytes, receipt } = await uploads.head(id);
    if (receipt !== null) return;
    const lengthBytes = to === take.length ? to : null;
    // Whole already, when only its becoming a recording was refused.
    await uploads.append(id, chunkOf(offsetBytes, take.subarray(offsetBytes, to), { lengthBytes }));
  });
}
say({ kind: 'take', id, checksum: sha256(take) });

const inbox = join(root, 'inbox');
mkdirSync(inbox, { recursive: true });
for (const [seed, isMove] of [
  [2, false],
  [3, true],
] as const) {
  const path = join(inbox, `${seed}.wav`);
  writeFileSync(path, voice(seed));
  await tryOn(`import ${seed}`, async () => {
    const outcome = await library.importFile(path, { isMove });
    if (outcome.id !== undefined) say({ kind: 'imported', id: outcome.id, checksum: sha256(voice(seed)) });
    // Stored, but its source could not be removed for certain.
    if (outcome.error !== undefined && existsSync(path)) throw Object.assign(new Error(), outcome.error);
    if (outcome.status === 'rejected') throw Object.assign(new Error(), outcome.error);
  });
}
await tryOn('amend', () => library.amend(id, { title: 'Titled' }));
say({ kind: 'titled', id, title: 'Titled' });
await tryOn('trash', () => library.trash(id));
await tryOn('restore', () => library.restore(id));
const names = ['phone', 'tablet', 'laptop', 'desk'].values();
await tryOn('token', async () => {
  // A refused one may be there all the same.
  const secret = await access.addToken(names.next().value ?? 'last', 'record');
  say({ kind: 'token', secret });
});
await tryOn('close', () => house.close());
say({ kind: 'done' });
