import { writeSync } from 'node:fs';
import { openUploads } from '../src/record/open-uploads.ts';
import { chunkOf, makeSpoolDesk, seededBytes, wishFor } from './spool-desk.ts';

/* Makes an upload and appends to it, marking on stdout when each was acknowledged; for `count-syncs.ts`. */

const mark = (name: string) => writeSync(1, `#mark ${name}\n`);
const desk = await makeSpoolDesk({}, process.argv[2] ?? '');
const uploads = await openUploads(desk);
mark('opened');
const { id } = await uploads.create(wishFor(), null);
mark('created');
await uploads.append(id, chunkOf(0, seededBytes(10_000, 1)));
mark('appended');
await uploads.append(id, chunkOf(10_000, seededBytes(10_000, 2)));
mark('appended-again');
await uploads.append(id, chunkOf(20_000, Buffer.alloc(0), { lengthBytes: 30_000 }));
mark('declared');
await uploads.append(id, chunkOf(20_000, seededBytes(10_000, 3)));
mark('finished');
await uploads.close();
