import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Recording, RecordingPage } from '../../src/model/recording.ts';
import { sidecarKey } from '../../src/model/sidecar.ts';
import { openPostgres } from '../databases.ts';
import { listenTo } from '../live-events.ts';
import { voiceSamples, writeWav } from '../voice-wav.ts';
import { runVrp, startVrp, type VrpFolders } from '../vrp-process.ts';

const postgres = await openPostgres();
const PATIENCE = { timeout: 120_000, interval: 50 };

async function readOwnerToken({ stateDir }: VrpFolders): Promise<string> {
  const [store = ''] = await readdir(join(stateDir, 'stores'));
  return (await readFile(join(stateDir, 'stores', store, 'owner-token'), 'utf8')).trim();
}

describe.skipIf(postgres.skipReason)('two servers on one database', () => {
  it('show one library, hear of each other, and pay what they owe after a SIGKILL', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-two-servers-'));
    const schema = await postgres.create();
    const { user = '', password = '', host, port, database } = schema.settings;
    const settings = {
      DATABASE_URL: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
      VRP_DATABASE_SCHEMA: schema.settings.schema,
      VRP_SHARED_CATALOGUE: 'on',
    };
    const foldersOf = (name: string): VrpFolders => ({
      dataDir: join(folder, name, 'store'),
      stateDir: join(folder, name, 'state'),
    });
    const [atNorth, atSouth] = [foldersOf('north'), foldersOf('south')];
    await using servers = new AsyncDisposableStack();
    servers.defer(async () => {
      await schema.remove();
      await rm(folder, { recursive: true, force: true });
    });
    const start = async (folders: VrpFolders) => {
      const server = await startVrp(folders, undefined, settings);
      servers.defer(() => server.kill());
      const token = await readOwnerToken(folders);
      const ask = (path: string, init: RequestInit = {}) =>
        fetch(new URL(path, server.baseUrl), {
          ...init,
          headers: { authorization: `Bearer ${token}`, ...init.headers },
        });
      return { ...server, token, ask };
    };
    const north = await start(atNorth);
    const south = await start(atSouth);
    await using events = await listenTo(south.baseUrl, south.token);

    const file = join(folder, 'voice.wav');
    writeWav(file, voiceSamples(0.3, 8_000, 1), 8_000);
    const imported = await runVrp(atNorth, ['import', '--json', file], settings);
    const { id } = JSON.parse(imported.stdout) as { id: string };
    const added = () =>
      events.heard.some((event) => event.type === 'recording-added' && event.recording.id === id);
    await expect.poll(added, PATIENCE).toBe(true);
    const { items } = (await (await south.ask('/api/recordings')).json()) as RecordingPage;
    expect(items.map((item) => item.id)).toEqual([id]);
    const refused = await south.ask(`/api/recordings/${id}/audio`);
    expect(refused.status).toBe(421);
    expect(await refused.json()).toMatchObject({ code: 'stored-elsewhere' });
    // What commands do with all recordings, they do with those that are here.
    expect((await runVrp(atSouth, ['verify', '--json'], settings)).stdout).toBe('');

    await north.kill();
    const amended = await south.ask(`/api/recordings/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Amended while the other one was dead' }),
    });
    expect(amended.status).toBe(200);
    const { storedFilename } = (await amended.json()) as Recording;
    const again = await start(atNorth);
    await expect
      .poll(() => readFile(join(atNorth.dataDir, sidecarKey(storedFilename)), 'utf8'), PATIENCE)
      .toContain('Amended while the other one was dead');
    expect((await again.ask(`/api/recordings/${id}/audio`)).status).toBe(200);
    // Five programs start for it, which a machine with much else to do lets wait.
  }, 300_000);
});
