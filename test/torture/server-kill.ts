import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { faultsOf, judgeStore, type StoreVerdict } from '../../src/crashtest/judge-store.ts';
import type { Recording } from '../../src/model/recording.ts';
import { encodeUploadMetadata } from '../../src/model/upload-metadata.ts';
import { seededRandom, voiceSamples, wavBytes } from '../voice-wav.ts';
import { runVrp, type StartedServer, startVrp, type VrpFolders } from '../vrp-process.ts';

export interface ServerKillResult extends StoreVerdict {
  readonly kills: number;
  readonly uploads: number;
  readonly acknowledgedBytes: number;
  /** Acknowledged offsets that a later HEAD did not know any more. */
  readonly lostOffsets: readonly string[];
  /** Every promise that was not kept. */
  readonly broken: readonly string[];
}

interface Client {
  readonly uploads: Map<string, { checksum: string; kind: 'take' | 'file' }>;
  acknowledgedBytes: number;
  readonly lostOffsets: string[];
}

const CLIENTS = 3;

/** Uploads takes and files through a real server that is killed at seeded random moments; then looks at every byte. */
export async function run(options: {
  seed?: number;
  seconds?: number;
  maxKills?: number;
}): Promise<ServerKillResult> {
  const random = seededRandom(options.seed ?? 1);
  const folder = await mkdtemp(join(tmpdir(), 'vrp-server-kill-'));
  const folders = { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') };
  let server = await startVrp(folders);
  const { port } = server;
  try {
    const token = (await runVrp(folders, ['token'])).stdout.trim();
    const stop = new AbortController();
    const clients = Array.from(
      { length: CLIENTS },
      (): Client => ({ uploads: new Map(), acknowledgedBytes: 0, lostOffsets: [] }),
    );
    const loops = clients.map((client, index) =>
      uploadUntil(stop.signal, client, server.baseUrl, token, (options.seed ?? 1) * 100 + index),
    );
    const endsAtMs = performance.now() + (options.seconds ?? 600) * 1000;
    let kills = 0;
    for (; kills < (options.maxKills ?? 200) && performance.now() < endsAtMs; kills++) {
      // Mostly within the first second, now and then late enough for whole uploads to end.
      await sleep(20 + random() ** 2 * 2500);
      await server.kill();
      server = await startVrp(folders, port);
    }
    stop.abort();
    await Promise.all(loops);
    const judged = await judge(server, folders, token, clients);
    return { kills, ...judged, broken: [...judged.lostOffsets, ...faultsOf(judged)] };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function uploadUntil(
  signal: AbortSignal,
  client: Client,
  baseUrl: string,
  token: string,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  for (let turn = 0; !signal.aborted; turn++) {
    const bytes = wavBytes(voiceSamples(0.3 + random() * 2, 16_000, seed * 1000 + turn), 16_000);
    const kind = random() < 0.5 ? 'take' : 'file';
    const checksum = createHash('sha256').update(bytes).digest('hex');
    const id = await upload(client, { baseUrl, token, bytes, kind, random });
    client.uploads.set(id, { checksum, kind });
  }
}

interface Sending {
  readonly baseUrl: string;
  readonly token: string;
  readonly bytes: Buffer;
  readonly kind: 'take' | 'file';
  readonly random: () => number;
}

/** One upload to its end, however often the server dies meanwhile. Resolves to the recording's id. */
async function upload(client: Client, sending: Sending): Promise<string> {
  const { bytes, kind, random } = sending;
  const address = await create(sending);
  let offset = 0;
  for (;;) {
    const end = Math.min(bytes.length, offset + 4096 + Math.floor(random() * 20_000));
    const piece = bytes.subarray(offset, end);
    const answer = await ask(address, sending, {
      method: 'PATCH',
      headers: {
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': String(offset),
        'Upload-Checksum': `sha256 ${createHash('sha256').update(piece).digest('base64')}`,
        ...(kind === 'take' && end === bytes.length ? { 'Upload-Length': String(bytes.length) } : {}),
      },
      body: new Uint8Array(piece),
    });
    if (answer?.status === 204) {
      client.acknowledgedBytes += end - offset;
      offset = end;
      const recordingId = answer.headers.get('Recording-Id');
      if (recordingId !== null) return recordingId;
      continue;
    }
    const head = await headUntilAnswered(address, sending);
    const recordingId = head.headers.get('Recording-Id');
    if (recordingId !== null) return recordingId;
    const known = Number(head.headers.get('Upload-Offset'));
    if (known < offset) client.lostOffsets.push(`${address}: ${known} of ${offset}`);
    offset = known;
  }
}

async function create(sending: Sending): Promise<string> {
  const { bytes, kind, baseUrl } = sending;
  for (;;) {
    const answer = await ask(`${baseUrl}/api/uploads`, sending, {
      method: 'POST',
      headers: {
        ...(kind === 'take' ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(bytes.length) }),
        'Upload-Metadata': encodeUploadMetadata({ kind, filename: `${kind}.wav` }),
      },
    });
    const location = answer?.status === 201 ? answer.headers.get('Location') : null;
    if (location) return new URL(location, baseUrl).href;
    await sleep(50);
  }
}

async function headUntilAnswered(address: string, sending: Sending): Promise<Response> {
  for (;;) {
    await sleep(30);
    const answer = await ask(address, sending, { method: 'HEAD' });
    if (answer?.status === 200 && answer.headers.has('Upload-Offset')) return answer;
  }
}

/** Undefined when the server died. */
async function ask(address: string, { token }: Sending, init: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(address, {
      ...init,
      headers: { ...init.headers, 'Tus-Resumable': '1.0.0', authorization: `Bearer ${token}` },
    });
  } catch {
    return undefined;
  }
}

async function judge(server: StartedServer, folders: VrpFolders, token: string, clients: readonly Client[]) {
  const recordings: Recording[] = [];
  for (let cursor = ''; ; ) {
    const address = `${server.baseUrl}/api/recordings?limit=500${cursor && `&cursor=${cursor}`}`;
    const page = (await (await fetch(address, { headers: { authorization: `Bearer ${token}` } })).json()) as {
      items: Recording[];
      nextCursor: string | null;
    };
    recordings.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  // Sidecars may still be on their way; a clean stop finishes them.
  await server.stop();
  const verdict = await judgeStore(folders.dataDir, recordings);
  const sent = clients.flatMap((client) => [...client.uploads]);
  const notOnce = sent.flatMap(([id, { checksum }]) => {
    const count = recordings.filter(
      (recording) => recording.id === id && recording.checksum === checksum,
    ).length;
    return count === 1 ? [] : [`${id} with ${checksum} is catalogued ${count} times`];
  });
  return {
    uploads: sent.length,
    acknowledgedBytes: clients.reduce((sum, client) => sum + client.acknowledgedBytes, 0),
    lostOffsets: clients.flatMap((client) => client.lostOffsets),
    ...verdict,
    wrongFiles: [...verdict.wrongFiles, ...notOnce],
  };
}
