import { adoptFiles } from './adopt-files.ts';
import { enterSidecars } from './enter-sidecars.ts';
import { FormerNames } from './former-names.ts';
import { buryKnown } from './known-tombstones.ts';
import { type RebuildDesk, type RebuildFault, requireGoingOn } from './rebuild-desk.ts';
import { type FoundFile, inPages, walkFiles } from './store-walk.ts';
import { readStoredName } from './stored-name.ts';

const ORIGINALS = ['raw', 'edited'];
const PAGE_SIZE = 100;

/** What a rebuild came to. */
export interface RebuildReport {
  /** Recordings entered from sidecar and file. */
  readonly recovered: number;
  /** Files without a usable sidecar that were described anew. */
  readonly adopted: number;
  readonly failed: readonly RebuildFault[];
}

/**
 * Enters everything that files and sidecars tell into the catalogue of `desk`, each in its higher version. Page by
 * page and without a list of the store in memory; what is there already is passed over, so a rebuild that was
 * stopped goes on by being begun again. Deletes nothing. Rejects with `interrupted`, or a code of the disk.
 */
export async function rebuild(desk: RebuildDesk): Promise<RebuildReport> {
  const faults: RebuildFault[] = [];
  const held = new Set<string>();
  const formerNames = new FormerNames(desk.dataDir, ORIGINALS);
  const fileCount = await count(desk);
  let filesDone = 0;
  let recovered = 0;
  let adopted = 0;
  const advance = (files: number) => {
    filesDone = Math.min(fileCount, filesDone + files);
    desk.onProgress?.({ filesDone, fileCount });
    requireGoingOn(desk);
  };
  await buryKnown(desk);
  for (const folder of [...ORIGINALS, 'quarantine']) {
    const isStrict = folder !== 'quarantine';
    for await (const page of inPages(only(desk, folder, isSidecar), PAGE_SIZE)) {
      const keys = page.map(({ key }) => key);
      const tally = await enterSidecars(desk, keys, isStrict);
      recovered += tally.recovered;
      faults.push(...tally.faults);
      for (const stem of tally.held) held.add(stem);
      advance(isStrict ? page.length : 0);
    }
  }
  for (const isWanted of [isNamed, isStranger]) {
    for (const folder of ORIGINALS) {
      for await (const page of inPages(only(desk, folder, isWanted), PAGE_SIZE)) {
        const tally = await adoptFiles(desk, page, held, formerNames);
        adopted += tally.adopted;
        faults.push(...tally.faults);
        advance(page.length);
      }
    }
  }
  await desk.known.settleTags();
  return { recovered, adopted, failed: faults };
}

async function* only(
  desk: RebuildDesk,
  folder: string,
  isWanted: (file: FoundFile) => boolean,
): AsyncGenerator<FoundFile> {
  for await (const file of walkFiles(desk.dataDir, folder)) if (isWanted(file)) yield file;
}

function isSidecar({ key, isRegular }: FoundFile): boolean {
  return isRegular && key.endsWith('.json') && !key.endsWith('.note.json');
}

function isOriginal({ key }: FoundFile): boolean {
  return !key.endsWith('.json');
}

function isNamed(file: FoundFile): boolean {
  return isOriginal(file) && readStoredName(file.key) !== undefined;
}

function isStranger(file: FoundFile): boolean {
  return isOriginal(file) && readStoredName(file.key) === undefined;
}

async function count(desk: RebuildDesk): Promise<number> {
  let files = 0;
  for (const folder of ORIGINALS) {
    for await (const file of walkFiles(desk.dataDir, folder)) {
      if (isSidecar(file) || isOriginal(file)) files += 1;
    }
  }
  return files;
}
