import { closeSync, openSync, writeSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { systemDisk } from '../src/record/disk.ts';
import { openUploads } from '../src/record/open-uploads.ts';
import { chunkOf, makeSpoolDesk, seededBytes, wishFor } from './spool-desk.ts';

/* Goes through the life of some uploads, marking on stdout what was answered when; for `count-syncs.ts`. */

const mark = (name: string) => writeSync(1, `#mark ${name}\n`);
let failingSyncs = 0;
const sync = async (descriptor: number): Promise<void> => {
  if (failingSyncs-- > 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
  await systemDisk.sync(descriptor);
};
const desk = await makeSpoolDesk({ disk: { ...systemDisk, sync } }, process.argv[2] ?? '');
const part = seededBytes(10_000, 1);
const uploads = await openUploads(desk);
mark('opened');
const { id } = await uploads.create(wishFor(), null);
mark('created');
await uploads.append(id, chunkOf(0, part));
mark('appended');
await uploads.append(id, chunkOf(10_000, part));
mark('appended-again');
const longer = await uploads.create(wishFor(), null);
mark('longer');
await uploads.append(longer.id, chunkOf(0, seededBytes(300_000, 2)));
mark('appended-much');
await uploads.append(id, chunkOf(20_000, Buffer.alloc(0), { lengthBytes: 30_000 }));
mark('declared');
await uploads.append(id, chunkOf(20_000, part));
mark('finished');

const unwanted = await uploads.create(wishFor(), null);
mark('unwanted');
await uploads.terminate(unwanted.id);
mark('terminated');

// A crash is the spool as it lies there just now.
const lively = await uploads.create(wishFor(), null);
await uploads.append(lively.id, chunkOf(0, part));
const copy = await makeSpoolDesk({}, join(desk.root, 'copy'));
await cp(desk.spoolPath, copy.spoolPath, { recursive: true });
const copied = await openUploads(copy);
mark('crashed');
await copied.head(lively.id);
mark('played-back');
await copied.append(lively.id, chunkOf(10_000, part));
mark('closing');
await copied.close();
mark('closed');

const unlucky = await uploads.create(wishFor(), null);
await uploads.append(unlucky.id, chunkOf(0, part));
// Of the log, then of both files of the upload.
failingSyncs = 3;
mark('failing');
await uploads.append(unlucky.id, chunkOf(10_000, part)).catch(() => undefined);
mark('failed');
await uploads.close();

// A record whose bytes are others, as after a power cut.
const data = openSync(join(desk.spoolPath, unlucky.id, 'data-2'), 'r+');
writeSync(data, 'other', 5000);
closeSync(data);
const restarted = await openUploads(desk);
mark('restarted');
await restarted.head(unlucky.id);
mark('recovered');
await restarted.close();
