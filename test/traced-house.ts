import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openVoiceRecorder } from '../src/open.ts';
import { chunkOf, wishFor } from './spool-desk.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

/* Asks a whole house for everything that is acknowledged, marking on stdout what was answered; for `durability-trace.ts`. */

const root = process.argv[2] ?? '';
const mark = (name: string) => writeSync(1, `#mark ${name}\n`);
const voice = (seed: number) => wavBytes(voiceSamples(0.3, 8000, seed), 8000);

function put(path: string, bytes: Buffer | string): string {
  writeFileSync(path, bytes);
  syncNow(path);
  syncNow(dirname(path));
  return path;
}

function syncNow(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const open = () =>
  openVoiceRecorder({
    environment: 'testing',
    dataDir: join(root, 'data'),
    overrides: { stateDir: join(root, 'state'), enableDiskSpaceCheck: false },
    runsJobs: false,
  });

const house = await open();
await house.access.ownerToken();
mark('opened');
const { library, uploads, access } = house;

const take = voice(1);
const { id } = await uploads.create(wishFor({ filename: 'take.wav' }), null);
mark('created');
await uploads.append(id, chunkOf(0, take.subarray(0, 1000)));
mark('appended');
const piece = take.subarray(1000, 2000);
await uploads.append(
  id,
  chunkOf(1000, piece, { checksum: createHash('sha256').update(piece).digest('hex') }),
);
mark('appended with checksum');
await uploads.append(id, chunkOf(2000, take.subarray(2000), { lengthBytes: take.length }));
mark('completed');
// Bytes of a chunk that did not count, and that could not be cut off when it failed.
const short = voice(4);
const second = await uploads.create(wishFor({ filename: 'short.wav' }), null);
const spooled = join(root, 'data', 'spool', second.id, 'data');
truncateSync(spooled, short.length + 5000);
syncNow(spooled);
await uploads.append(second.id, chunkOf(0, short, { lengthBytes: short.length }));
mark('completed and cut');
const unwanted = await uploads.create(wishFor(), null);
await uploads.terminate(unwanted.id);
mark('terminated');

const inbox = root;
const copied = await library.importFile(put(join(inbox, 'copy.wav'), voice(2)));
// What is noted down behind the answer is written by then.
await sleep(500);
mark('imported');
await library.importFile(put(join(inbox, 'move.wav'), voice(3)), { isMove: true });
mark('moved in');

await library.amend(id, { title: 'Another title' });
mark('amended');
await library.trash(id);
mark('trashed');
await library.restore(id);
mark('restored');
await access.addToken('phone', 'record');
mark('token added');
await access.revokeToken('phone');
mark('token revoked');

const stored = join(root, 'data', (await library.find(copied.id ?? ''))?.storedFilename ?? '');
put(stored, 'rotten');
await library.importFile(join(inbox, 'copy.wav'));
mark('healed');
unlinkSync(stored);
unlinkSync(stored.replace(/\.\w+$/, '.json'));
syncNow(dirname(stored));
await library.importFile(join(inbox, 'copy.wav'));
mark('healed from nothing');
await house.close();
mark('closed');

const again = await open();
await again.library.amend(id, { title: 'A third title' });
mark('opened again');
await again.close();
