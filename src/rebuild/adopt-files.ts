import { join, posix } from 'node:path';
import { toIsoUtc } from '../model/clock.ts';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import { newId } from '../model/id.ts';
import type { Recording } from '../model/recording.ts';
import { sidecarKey } from '../model/sidecar.ts';
import { NOTHING_SAID, type UploadWish } from '../model/upload.ts';
import { repeated } from './enter-sidecars.ts';
import type { FormerNames } from './former-names.ts';
import { buryLeftover, isBuried } from './known-tombstones.ts';
import { lookAt } from './look-at.ts';
import { type RebuildDesk, type RebuildFault, requireGoingOn } from './rebuild-desk.ts';
import type { FoundFile } from './store-walk.ts';
import { readStoredName, stemOf } from './stored-name.ts';

export interface AdoptionTally {
  readonly adopted: number;
  readonly faults: readonly RebuildFault[];
}

/** Makes recordings of those files of a page that no row knows: their sidecars are lost, or somebody put them there. */
export async function adoptFiles(
  desk: RebuildDesk,
  page: readonly FoundFile[],
  held: ReadonlySet<string>,
  formerNames: FormerNames,
): Promise<AdoptionTally> {
  const faults: RebuildFault[] = [];
  const known = await desk.known.findPaths(page.map(({ key }) => key));
  let adopted = 0;
  for (const { key, isRegular } of page) {
    if (known.has(key) || held.has(stemOf(key))) continue;
    requireGoingOn(desk);
    try {
      if (!isRegular) throw notRegular(key);
      const fault = await adopt(desk, key, formerNames);
      if (fault === undefined) adopted += 1;
      else if (typeof fault === 'object') faults.push(fault);
    } catch (error) {
      requireGoingOn(desk);
      if (!(error instanceof VoiceRecorderError) || concernsAll(error)) throw error;
      faults.push({ file: key, code: error.code, message: error.message });
    }
  }
  return { adopted, faults };
}

/** True for a fault of the catalogue that is being made, or of the whole disk: the next file would meet it too. */
function concernsAll({ code }: VoiceRecorderError): boolean {
  return code === 'disk-full' || code.startsWith('catalogue-') || code.startsWith('session-');
}

async function adopt(
  desk: RebuildDesk,
  key: string,
  formerNames: FormerNames,
): Promise<RebuildFault | 'buried' | 'twin' | undefined> {
  const name = readStoredName(key);
  if (name !== undefined) {
    if (await isBuried(desk.dataDir, name.id)) {
      await buryLeftover(desk, name.id, key);
      return 'buried';
    }
    const other = (await desk.known.findIds([name.id])).get(name.id);
    if (other !== undefined) return repeated(key, name.id, other);
  }
  const called = name === undefined ? key : await formerNames.find(key);
  const described = await describe(desk, key, name ?? newName(desk), called);
  const recording = name === undefined ? described : { ...described, storedFilename: key };
  if (name === undefined) {
    const { checksum, filesizeBytes: sizeBytes } = recording;
    const twin = await findTwin(desk, key, checksum);
    await desk.place(twin ?? recording.storedFilename, join(desk.dataDir, key), { checksum, sizeBytes });
    if (twin !== undefined) return 'twin';
  }
  const sidecar = sidecarKey(recording.storedFilename);
  if ((await lookAt(join(desk.dataDir, sidecar))) !== undefined) {
    await desk.quarantine(sidecar, 'It could not be read when the catalogue was made anew.');
  }
  const [outcome] = await desk.known.put([{ recording, isSidecarOwed: true }]);
  return outcome === 'taken' ? repeated(key, recording.id, recording.storedFilename) : undefined;
}

/**
 * The recording that this very file is already: its adoption broke off when it had both names. Those with names of
 * ours are therefore adopted first.
 */
async function findTwin(desk: RebuildDesk, key: string, checksum: Sha256Hex): Promise<string | undefined> {
  const found = await lookAt(join(desk.dataDir, key));
  if (found === undefined || found.nlink < 2) return undefined;
  for (const path of await desk.known.findByChecksum(checksum)) {
    const other = await lookAt(join(desk.dataDir, path));
    if (other?.dev === found.dev && other.ino === found.ino) return path;
  }
  return undefined;
}

function newName(desk: RebuildDesk) {
  const nowMs = desk.clock.nowMs();
  return { id: newId(nowMs), createdAt: toIsoUtc(nowMs) };
}

/** `called`: the name that a person gave it, if there is one. */
async function describe(
  desk: RebuildDesk,
  key: string,
  { id, createdAt }: { readonly id: string; readonly createdAt: string },
  called: string | undefined,
): Promise<Recording> {
  const path = join(desk.dataDir, key);
  const filename = posix.basename(called ?? key);
  const facts = await desk.probe(path, filename, desk.signal);
  const { checksum, sizeBytes } = await desk.hashFile(path, desk.signal);
  const wish: UploadWish = {
    ...NOTHING_SAID,
    kind: 'file',
    filename,
    // A stamp and an id say nothing to people.
    title: facts.embedded.title ?? (called === undefined ? 'Recovered' : null),
  };
  const recording = desk.describe({ id, path, sizeBytes, checksum, createdAt, wish }, facts);
  const message = `The sidecar of ${key} was lost or unreadable; this is what the audio itself says.`;
  return {
    ...recording,
    kind: key.startsWith('edited/') ? 'edit' : 'file',
    status: 'active',
    warnings: [...recording.warnings, { code: 'recovered', message }],
  };
}

function notRegular(key: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'file-not-regular',
    `${key} is no regular file: links and the like are not followed.`,
  );
}
