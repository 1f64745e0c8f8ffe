import { createHook, executionAsyncId } from 'node:async_hooks';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileHasher } from '../src/blobs/file-checksum.ts';
import { connect } from '../src/cli/api-client.ts';
import { StorageConfig } from '../src/config/storage-config.ts';
import { makeFolderDurably, syncFolder } from '../src/durable/folder.ts';
import { namesIn } from '../src/durable/folder-names.ts';
import { sessionLimits } from '../src/join/session-limits.ts';
import { openLiveEncoder } from '../src/media/live-encoder.ts';
import { openMedia } from '../src/media/open-media.ts';
import { NOTHING_SAID } from '../src/model/upload.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { assertOutsideWriteSession, isInWriteSession } from '../src/sessions/write-session.ts';
import { scratchCatalogue } from './scratch-catalogue.ts';
import { type ScratchStore, scratchStore } from './scratch-store.ts';
import { voiceSamples, wavBytes } from './voice-wav.ts';

/* No write transaction waits for a file, a network or a calculation. */

const media = openMedia();
let store: ScratchStore;
beforeAll(async () => {
  store = await scratchStore(media);
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await media.close();
});

const ANYTHING = {
  checksum: '0'.repeat(64),
  sizeBytes: 1,
  body: Readable.from([]),
  start: 0,
  end: 1,
  kind: 'take',
  key: 'raw/x.json',
};

/** Every method of a port but those that only close it or only calculate. */
function methodsOf(port: object, exempt: readonly string[]): string[] {
  const own = Object.keys(port);
  const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(port)).filter(
    (name) => name !== 'constructor',
  );
  const isPlain = Object.getPrototypeOf(port) === Object.prototype;
  return (isPlain ? own : inherited).filter((name) => !exempt.includes(name));
}

interface PortUnderTest {
  readonly name: string;
  readonly open: () => object;
  readonly exempt?: readonly string[];
}

const hasher = openFileHasher();
const PORTS: readonly PortUnderTest[] = [
  { name: 'the store', open: () => store.blobs, exempt: ['close', 'localPath'] },
  { name: 'the spool', open: () => store.uploads, exempt: ['close', 'listUnfinished', 'isTakeArriving'] },
  { name: 'hashing', open: () => hasher, exempt: ['close'] },
  { name: 'the media child', open: () => media, exempt: ['close'] },
  { name: 'folders', open: () => ({ syncFolder, makeFolderDurably, namesIn }) },
  { name: 'snapshots', open: () => ({ snapshot: store.catalogue.snapshot }) },
  {
    name: 'child processes',
    open: () => ({ encoder: () => openLiveEncoder({} as never, () => undefined) }),
  },
  {
    name: 'the network',
    open: () => ({
      request: async () => {
        const client = await connect({ baseUrl: 'http://127.0.0.1:9', token: null, tlsCert: null } as never);
        return client.request('GET', '/');
      },
    }),
  },
];

describe('inside a write session', () => {
  for (const { name, open, exempt = [] } of PORTS) {
    it(`${name} refuses every call`, async () => {
      const port = open() as Record<string, (...args: unknown[]) => unknown>;
      const names = methodsOf(port, exempt);
      expect(names.length).toBeGreaterThan(0);
      for (const method of names) {
        const call = store.catalogue.contexts.withSession({ name: 'a test' }, async () =>
          port[method]?.call(port, 'raw/x.wav', ANYTHING, ANYTHING),
        );
        await expect(call, method).rejects.toMatchObject({
          code: 'session-write-boundary',
          message: expect.stringContaining('"a test"'),
        });
      }
    });
  }

  it('is refused in development and testing; in production the log hears of each place once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-boundary-'));
    const limitsOf = (name: 'development' | 'testing' | 'production', heard: string[]) =>
      sessionLimits(
        StorageConfig.describe(name, { dataDir: folder }, { VRP_CONFIG_FILE: '' }),
        (_level, message) => heard.push(message),
      );
    expect(limitsOf('development', []).onCrossing).toBeUndefined();
    expect(limitsOf('testing', []).onCrossing).toBeUndefined();
    const heard: string[] = [];
    await using catalogue = await scratchCatalogue({ contextConfig: limitsOf('production', heard) });
    await catalogue.contexts.withSession({ name: 'hasty' }, async () => {
      for (let i = 0; i < 3; i++) assertOutsideWriteSession('Reading a letter');
      assertOutsideWriteSession('Reading a newspaper');
    });
    await rm(folder, { recursive: true });
    expect(heard).toHaveLength(2);
    expect(heard[0]).toMatch(/Reading a letter .* "hasty"/);
    expect(heard[1]).toMatch(/Reading a newspaper .* "hasty"/);
  });
});

/** What Node begins for files, networks, child processes and calculations, in the words of its async hooks. */
const SLOW =
  /^(FS|FILEHANDLE|STATWATCHER|PROCESS|PIPE|TCP|TLS|UDP|HTTP|GETADDRINFO|DNS|HASH|SIGN|PBKDF2|SCRYPT|ZLIB|BROTLI)/;

describe('a whole house at work', () => {
  it('begins nothing slow inside a write session', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vrp-house-'));
    const slow = new Set<string>();
    const seen = { slow: 0, writing: 0 };
    const hook = createHook({
      init: (_id, type) => {
        const isSlow = SLOW.test(type);
        const isWriting = isInWriteSession();
        if (isSlow) seen.slow++;
        if (isWriting) seen.writing++;
        if (isSlow && isWriting) slow.add(`${type} ${new Error(String(executionAsyncId())).stack}`);
      },
    }).enable();
    try {
      const recorder = await openVoiceRecorder({
        environment: 'testing',
        overrides: { dataDir: join(folder, 'data'), stateDir: join(folder, 'state') },
      });
      const source = join(folder, 'voice.wav');
      await writeFile(source, wavBytes(voiceSamples(0.5, 8_000, 3), 8_000));
      const { id = '' } = await recorder.library.importFile(source, { title: 'Harbour', tags: ['sea'] });
      const bytes = wavBytes(voiceSamples(0.5, 8_000, 4), 8_000);
      const upload = await recorder.uploads.create(
        { ...NOTHING_SAID, kind: 'take', filename: 'take.wav' },
        bytes.length,
      );
      const chunk = {
        offsetBytes: 0,
        body: Readable.from([bytes]),
        checksum: null,
        contentLengthBytes: null,
      };
      await recorder.uploads.append(upload.id, { ...chunk, lengthBytes: null });
      await recorder.library.amend(id, { notes: 'At night.' });
      await recorder.verification.verify(id);
      await recorder.library.trash(id);
      await recorder.library.restore(id);
      await recorder.verification.reconcile();
      await recorder.backups.create();
      await recorder.files.purge(id);
      await recorder.cleanup.recommend();
      await recorder.close();
    } finally {
      hook.disable();
      await rm(folder, { recursive: true, force: true });
    }
    expect(seen.slow).toBeGreaterThan(100);
    expect(seen.writing).toBeGreaterThan(100);
    expect([...slow]).toEqual([]);
  });
});
