// Opens the store in the folder named by its argument and says so; on a word from stdin it purges the recordings that
// the other arguments name, some of them while they are being amended. One JSON line on stdout for each answer.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { eachAtOnce } from '../../src/model/each-at-once.ts';
import { openVoiceRecorder } from '../../src/open.ts';

export type PurgeChildLine =
  | { readonly kind: 'ready' | 'done' }
  | { readonly kind: 'purged'; readonly id: string }
  | { readonly kind: 'refused'; readonly id: string; readonly message: string };

const [root = '', ...wishes] = process.argv.slice(2);
const say = (line: PurgeChildLine) => void writeSync(1, `${JSON.stringify(line)}\n`);

const house = await openVoiceRecorder({
  environment: 'testing',
  dataDir: join(root, 'data'),
  overrides: { stateDir: join(root, 'state') },
  runsJobs: false,
});
say({ kind: 'ready' });
await new Promise((resolve) => process.stdin.once('data', resolve));
await eachAtOnce([...wishes.entries()], 2, async ([index, id]) => {
  const isEverywhere = index % 2 === 0;
  // Its sidecar is then just being written; whether the amendment came first is all the same.
  if (index % 3 === 0) house.library.amend(id, { notes: 'The last word.' }).catch(() => undefined);
  try {
    await house.files.purge(id, { isEverywhere });
    say({ kind: 'purged', id });
  } catch (error) {
    say({ kind: 'refused', id, message: String(error) });
  }
});
await house.close();
say({ kind: 'done' });
process.exit(0);
