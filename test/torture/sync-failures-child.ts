// A life with a disk that fails a sync: opens the store in the folder named by its argument, records, imports, amends,
// checks, repairs, purges, makes a snapshot and rebuilds, trying each step again when it is refused, and says on stdout
// what was answered.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sidecarKey } from '../../src/model/sidecar.ts';
import { openVoiceRecorder } from '../../src/open.ts';
import { rebuildStore } from '../../src/rebuild-store.ts';
import { sha256 } from '../sha256.ts';
import { chunkOf, wishFor } from '../spool-desk.ts';
import { voiceSamples, wavBytes } from '../voice-wav.ts';

export type SyncFailureLine =
  | { readonly kind: 'refused'; readonly step: string; readonly code: string }
  | { readonly kind: 'take' | 'imported'; readonly id: string; readonly checksum: string }
  | { readonly kind: 'titled'; readonly id: string; readonly title: string }
  | { readonly kind: 'token'; readonly secret: string }
  | { readonly kind: 'checked'; readonly id: string; readonly checkedAt: string }
  | { readonly kind: 'repaired' | 'adopted'; readonly id: string }
  | { readonly kind: 'snapshot'; readonly name: string }
  /** Forgotten: out of the library after a purge that was refused; its files go with the next start. */
  | { readonly kind: 'purged' | 'forgotten'; readonly id: string }
  /** What stood in a sidecar that no rebuild can read lies in quarantine. */
  | { readonly kind: 'rebuilt'; readonly unreadable: string }
  | { readonly kind: 'gave-up' | 'done' };

const TRIES = 6;
const root = process.argv[2] ?? '';
const voice = (seed: number) => wavBytes(voiceSamples(0.3, 8000, seed), 8000);

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

/** Brings one in, and says so: it must be there from then on. */
async function keep(name: string, bytes: Buffer): Promise<string> {
  const path = join(inbox, `${name}.wav`);
  writeFileSync(path, bytes);
  return await tryOn(`import ${name}`, async () => {
    const outcome = await library.importFile(path);
    if (outcome.id === undefined) throw Object.assign(new Error(), outcome.error);
    say({ kind: 'imported', id: outcome.id, checksum: sha256(bytes) });
    return outcome.id;
  });
}

await tryOn('verify', async () => {
  const { checkedAt, result } = await house.verification.verify(id);
  if (result === 'ok') say({ kind: 'checked', id, checkedAt });
});
// Each snapshot has a database thread of its own, whose n-th sync fails anew: it may be refused to the end.
await tryOn('backup', async () => {
  const { name } = await house.backups.create();
  say({ kind: 'snapshot', name });
}).catch(() => undefined);
const unfinished = voice(5);
// As a recorder that was switched off leaves it.
unfinished.writeUInt32LE(0, 4);
unfinished.writeUInt32LE(0, 40);
const faulty = await keep('faulty', unfinished);
await tryOn('repair', async () => {
  const { outcome, repairedId, message } = await house.verification.repair(faulty);
  // One that failed names the reason in words only.
  if (repairedId === null) throw Object.assign(new Error(message), { code: 'storage-failed' });
  if (outcome === 'repaired') say({ kind: 'repaired', id: repairedId });
});
const doomed = await keep('doomed', voice(6));
await tryOn('purge', async () => {
  const kind = await house.files.purge(doomed).then(
    () => 'purged' as const,
    (error: unknown) => {
      const isForgotten = error instanceof Error && 'code' in error && error.code === 'recording-unknown';
      if (isForgotten) return 'forgotten' as const;
      throw error;
    },
  );
  say({ kind, id: doomed });
});
mkdirSync(join(root, 'data/raw/mine'), { recursive: true });
writeFileSync(join(root, 'data/raw/mine/stranger.wav'), voice(7));
await tryOn('reconcile', async () => {
  const { failed } = await house.verification.reconcile();
  for (const { code } of failed) throw Object.assign(new Error(), { code });
  const { items } = await library.list({ limit: 500 });
  // Adopted in two parts, it has lost the name it came with.
  for (const { id: found, checksum } of items)
    if (checksum === sha256(voice(7))) say({ kind: 'adopted', id: found });
});
const sidecar = sidecarKey((await library.find(faulty))?.storedFilename ?? '');
await tryOn('close', () => house.close());

// In a copy, so that what was answered before is looked at where it was answered.
const copy = join(root, 'copy');
cpSync(join(root, 'data'), join(copy, 'data'), { recursive: true });
for (const ending of ['', '-wal', '-shm'])
  rmSync(join(copy, `data/catalogue.sqlite${ending}`), { force: true });
writeFileSync(join(copy, 'data', sidecar), 'No sidecar any more.');
await tryOn('rebuild', async () => {
  const { failed } = await rebuildStore({
    environment: 'testing',
    overrides: { dataDir: join(copy, 'data'), stateDir: join(copy, 'state'), enableDiskSpaceCheck: false },
    lockWaitMs: 5_000,
  });
  // A file that the disk refused is named, and the rest done.
  for (const { code } of failed)
    if (code !== 'sidecar-unreadable') throw Object.assign(new Error(), { code });
  say({ kind: 'rebuilt', unreadable: sidecar });
}).catch(() => undefined);
// Refused to the end it left things as they were: each try has a database thread of its own, whose n-th sync fails anew.
say({ kind: 'done' });
process.exit(0);
