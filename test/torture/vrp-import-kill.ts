import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { faultsOf, judgeStore, type StoreVerdict } from '../../src/crashtest/judge-store.ts';
import type { Recording } from '../../src/model/recording.ts';
import { seededRandom, voiceSamples, wavBytes } from '../voice-wav.ts';
import { runVrp, type VrpFolders, vrpEnvironment } from '../vrp-process.ts';

export interface VrpImportKillResult extends StoreVerdict {
  readonly kills: number;
  readonly files: number;
  readonly notOnce: readonly string[];
  readonly broken: readonly string[];
}

const launcher = fileURLToPath(new URL('../../bin/vrp.js', import.meta.url));
const FILES_A_BATCH = 12;

/**
 * Runs `vrp import` on batches of files and kills it at seeded random moments, again and again until it is killed no
 * more; then each file must be whole and in the library once.
 */
export async function run(options: {
  seed?: number;
  seconds?: number;
  maxKills?: number;
}): Promise<VrpImportKillResult> {
  const random = seededRandom(options.seed ?? 1);
  const folder = await mkdtemp(join(tmpdir(), 'vrp-import-kill-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  const endsAtMs = performance.now() + (options.seconds ?? 600) * 1000;
  const maxKills = options.maxKills ?? 200;
  const checksums: string[] = [];
  try {
    let kills = 0;
    for (let batch = 0; kills < maxKills && performance.now() < endsAtMs; batch++) {
      const sources = join(folder, `batch-${batch}`);
      checksums.push(...(await writeBatch(sources, batch, random)));
      for (let turn = 0; turn < 8 && kills < maxKills; turn++) {
        if (await importAndKill(folders, sources, 150 + random() * 1800)) kills++;
      }
      const last = await runVrp(folders, ['import', sources, '--recursive', '--json']);
      if (last.exitCode !== 0)
        throw new Error(`The last import ended with ${last.exitCode}: ${last.stdout}${last.stderr}`);
    }
    const { stdout } = await runVrp(folders, ['list', '--limit', '500', '--json']);
    const { items, nextCursor } = JSON.parse(stdout) as { items: Recording[]; nextCursor: string | null };
    const rest = nextCursor === null ? [] : await listRest(folders, nextCursor);
    const recordings = [...items, ...rest];
    const verdict = await judgeStore(folders.dataDir, recordings);
    const notOnce = checksums.flatMap((checksum) => {
      const count = recordings.filter((recording) => recording.checksum === checksum).length;
      return count === 1 ? [] : [`${checksum} is catalogued ${count} times`];
    });
    const broken = [...faultsOf(verdict), ...notOnce];
    return { kills, files: checksums.length, ...verdict, notOnce, broken };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listRest(folders: VrpFolders, cursor: string): Promise<Recording[]> {
  const { stdout } = await runVrp(folders, ['list', '--limit', '500', '--cursor', cursor, '--json']);
  const page = JSON.parse(stdout) as { items: Recording[]; nextCursor: string | null };
  return page.nextCursor === null
    ? page.items
    : [...page.items, ...(await listRest(folders, page.nextCursor))];
}

async function writeBatch(folder: string, batch: number, random: () => number): Promise<string[]> {
  await mkdir(folder);
  const checksums: string[] = [];
  for (let index = 0; index < FILES_A_BATCH; index++) {
    const bytes = wavBytes(voiceSamples(1 + random() * 8, 16_000, batch * 1000 + index), 16_000);
    checksums.push(createHash('sha256').update(bytes).digest('hex'));
    await writeFile(join(folder, `${batch}-${index}.wav`), bytes);
  }
  return checksums;
}

/** True when it was still running when it was killed. */
async function importAndKill(folders: VrpFolders, sources: string, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [launcher, 'import', sources, '--recursive', '--json'], {
    env: vrpEnvironment(folders),
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await Promise.race([sleep(afterMs), ended]);
  child.kill('SIGKILL');
  await ended;
  return child.signalCode === 'SIGKILL';
}
