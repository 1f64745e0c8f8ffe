/** Adds recordings to the catalogue in the folder given and prints the id of each one that was acknowledged. */
import { join } from 'node:path';
import { openCatalogue } from '../src/catalogue/open-catalogue.ts';
import { systemClock } from '../src/model/clock.ts';
import { addRecording } from './scratch-catalogue.ts';

const folder = process.argv[2] ?? '';
const catalogue = await openCatalogue({
  file: join(folder, 'catalogue.sqlite'),
  backupFolder: join(folder, 'backup'),
  clock: systemClock,
});

async function addForever(): Promise<void> {
  for (;;) {
    const { id } = await addRecording(catalogue, { tags: ['kept'], title: 'Acknowledged' });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, addForever));
