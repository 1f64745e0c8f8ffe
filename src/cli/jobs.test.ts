import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voiceSamples, writeWav } from '../../test/voice-wav.ts';
import { runHere } from '../../test/vrp-in-process.ts';
import { type StartedServer, startVrp, type VrpFolders } from '../../test/vrp-process.ts';
import type { JobPage, ShownJob } from '../model/job.ts';

let root: string;
let folders: VrpFolders;
let server: StartedServer | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vrp-jobs-'));
  folders = { dataDir: join(root, 'data'), stateDir: join(root, 'state') };
  const sound = join(root, 'Harbour.wav');
  writeWav(sound, voiceSamples(1, 8000, 1), 8000);
  await runHere(folders, ['import', sound]);
  spoilPeaks();
});
afterAll(async () => {
  await server?.stop();
  await rm(root, { recursive: true });
});

const vrp = (...args: string[]) => runHere(folders, ['jobs', ...args]);
const list = async (...args: string[]) => JSON.parse((await vrp('--json', ...args)).stdout) as JobPage;

/** The waveform failed for good, as far as the catalogue knows. */
function spoilPeaks(): void {
  using catalogue = new DatabaseSync(join(folders.dataDir, 'catalogue.sqlite'), { timeout: 30_000 });
  catalogue.exec(`UPDATE jobs SET state = 'dead', error_code = 'media-failed',
    error_message = 'It could not be decoded \u001b[31m.' WHERE kind = 'peaks'`);
}

describe('vrp jobs', () => {
  it('lists what waits and what failed, with the reason, and chooses by state and kind', async () => {
    const { stdout, stderr } = await vrp();
    expect(stdout).toMatch(/waiting +measure +Harbour/);
    expect(stdout).toMatch(/failed +peaks +Harbour/);
    expect(stdout).toContain(String.raw`It could not be decoded \u{1b}[31m. [media-failed]`);
    expect(stderr).toBe('0 jobs running, 1 waiting, 1 failed ("vrp jobs --state dead").\n');
    const { items, counts } = await list('--state', 'dead');
    expect(items).toMatchObject([{ kind: 'peaks', title: 'Harbour', error: { code: 'media-failed' } }]);
    expect(counts).toEqual({ queued: 1, running: 0, dead: 1 });
    expect((await list('--kind', 'measure')).items).toHaveLength(1);
    expect(await vrp('--state', 'asleep')).toMatchObject({ exitCode: 2 });
  });

  it('cancels and tries again by a part of the id, without a server', async () => {
    const { items } = await list();
    const [measure, peaks] = ['measure', 'peaks'].map(
      (kind) => items.find((job) => job.kind === kind)?.id ?? '',
    );
    expect((await vrp('cancel', measure?.slice(-8) ?? '')).stdout).toMatch(
      /^Now cancelled: measure of "Harbour"/,
    );
    const again = await vrp('retry', measure ?? '', peaks ?? '', '00000000');
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.stdout).toMatch(/Now waiting: measure.*\n.*Now waiting: peaks/);
    expect(again.stderr).toContain('[job-unknown]');
    expect(again.stderr).toContain('they begin with the next "vrp start"');
    expect(await vrp('retry', 'peaks')).toMatchObject({ exitCode: 2 });
    expect((await vrp('--watch')).stderr).toContain('No server runs');
  });

  it('does the same through a server, which runs what was tried again', async () => {
    server = await startVrp(folders);
    const ended = async () => (await list()).items.filter(({ state }) => state === 'done').length;
    await expect.poll(ended).toBe(2);
    spoilPeaks();
    const [failed] = (await list('--state', 'dead')).items;
    const { stdout } = await vrp('retry', '--json', failed?.id ?? '');
    expect((JSON.parse(stdout) as { items: ShownJob[] }).items).toMatchObject([{ id: failed?.id }]);
    await expect.poll(ended).toBe(2);
    expect(await vrp('cancel', '01a20855-2298-7c83-b97f-832bd659e28f')).toMatchObject({ exitCode: 1 });
  });
});
