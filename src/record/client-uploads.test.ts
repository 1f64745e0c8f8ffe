import { appendFile, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../test/sha256.ts';
import {
  chunkOf,
  makeSpoolDesk,
  namesUnder,
  type SpoolDesk,
  StillClock,
  seededBytes,
  uploadsUnder,
  wishFor,
} from '../../test/spool-desk.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { UploadReceipt } from '../model/upload.ts';
import { systemDisk } from './disk.ts';
import { openUploads } from './open-uploads.ts';
import type { UploadSpool, UploadsDesk } from './uploads-desk.ts';

const opened: { desk: SpoolDesk; uploads: UploadSpool }[] = [];

async function openSpool(overrides: Partial<UploadsDesk> = {}) {
  const desk = await makeSpoolDesk(overrides);
  const uploads = await openUploads(desk);
  opened.push({ desk, uploads });
  return { desk, uploads };
}

afterEach(async () => {
  for (const { desk, uploads } of opened.splice(0)) {
    await uploads.close();
    await desk.remove();
  }
});

function code(expected: string) {
  return expect.objectContaining({ code: expected });
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a new upload', () => {
  it('has its folder, header and wish on disk before it is answered for', async () => {
    const { desk, uploads } = await openSpool();
    const state = await uploads.create(wishFor({ title: 'Grandmother' }), null);
    expect(state).toMatchObject({ offsetBytes: 0, lengthBytes: null, receipt: null });
    const folder = join(desk.spoolPath, state.id);
    expect(await namesUnder(folder)).toEqual(['data', 'info.json', 'journal']);
    const info = JSON.parse(await readFile(join(folder, 'info.json'), 'utf8')) as { wish: { title: string } };
    expect(info.wish.title).toBe('Grandmother');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o600);
    expect(await uploads.head(state.id)).toEqual(state);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])(
    'is refused the length %d',
    async (length) => {
      const { desk, uploads } = await openSpool();
      await expect(uploads.create(wishFor(), length)).rejects.toEqual(code('upload-length-invalid'));
      expect(await uploadsUnder(desk.spoolPath)).toEqual([]);
    },
  );

  it('is refused when it declares that it holds nothing', async () => {
    const { uploads } = await openSpool();
    await expect(uploads.create(wishFor(), 0)).rejects.toEqual(code('audio-no-samples'));
  });

  it('is judged by the size limit only if it is a file', async () => {
    const { uploads } = await openSpool({ maxFileBytes: 100 });
    await expect(uploads.create(wishFor({ kind: 'file' }), 101)).rejects.toEqual(code('file-too-large'));
    await expect(uploads.create(wishFor({ kind: 'file' }), 100)).resolves.toBeDefined();
    await expect(uploads.create(wishFor({ kind: 'take' }), 101)).resolves.toBeDefined();
  });

  it('is refused when the declared bytes do not fit on the disk', async () => {
    const { uploads } = await openSpool({ freeBytes: async () => 1000 });
    await expect(uploads.create(wishFor(), 1001)).rejects.toEqual(code('disk-full'));
    await expect(uploads.create(wishFor(), null)).resolves.toBeDefined();
  });

  it('is unknown under ids nobody was given, also those that name other places', async () => {
    const { uploads } = await openSpool();
    for (const id of ['../../etc', '', '018bcfe5-6800-7000-8000-000000000000']) {
      await expect(uploads.head(id)).rejects.toEqual(code('upload-unknown'));
      await expect(uploads.append(id, chunkOf(0, Buffer.from('x')))).rejects.toEqual(code('upload-unknown'));
    }
  });
});

describe('appending', () => {
  it('counts each chunk and completes at the declared length', async () => {
    const { desk, uploads } = await openSpool();
    const bytes = seededBytes(300_000, 1);
    const { id } = await uploads.create(wishFor(), bytes.length);
    expect((await uploads.append(id, chunkOf(0, bytes.subarray(0, 100_000)))).offsetBytes).toBe(100_000);
    expect((await uploads.append(id, chunkOf(100_000, bytes.subarray(100_000, 250_000)))).offsetBytes).toBe(
      250_000,
    );
    const state = await uploads.append(id, chunkOf(250_000, bytes.subarray(250_000)));
    expect(state.receipt).toMatchObject({
      recordingId: id,
      checksum: sha256(bytes),
      sizeBytes: bytes.length,
    });
    expect((await desk.libraryFile(id)).equals(bytes)).toBe(true);
    await until(async () => (await uploadsUnder(desk.spoolPath)).length === 0);
    expect(await uploads.head(id)).toMatchObject({ offsetBytes: bytes.length, receipt: state.receipt });
  });

  it('takes bodies in pieces of every size', async () => {
    const { desk, uploads } = await openSpool();
    const bytes = seededBytes(3_000_000, 2);
    const pieces: Buffer[] = [];
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7919) % 200_003) {
      pieces.push(bytes.subarray(at, at + size));
    }
    const { id } = await uploads.create(wishFor(), bytes.length);
    await uploads.append(id, chunkOf(0, bytes, { body: Readable.from(pieces) }));
    expect((await desk.libraryFile(id)).equals(bytes)).toBe(true);
  });

  it('rejects a chunk at the wrong offset and tells the right one', async () => {
    const { uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    for (const offset of [0, 4, 6, -5, Number.NaN]) {
      const error = await uploads
        .append(id, chunkOf(offset, Buffer.from('x')))
        .catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'upload-offset-conflict', details: { offsetBytes: 5 } });
    }
  });

  it('keeps nothing of a chunk whose checksum does not match, and takes the right one after it', async () => {
    const { desk, uploads } = await openSpool();
    const bytes = seededBytes(2_000_000, 3);
    const { id } = await uploads.create(wishFor(), bytes.length);
    const wrong = chunkOf(0, bytes, { checksum: sha256(Buffer.from('other')) });
    await expect(uploads.append(id, wrong)).rejects.toEqual(code('checksum-mismatch'));
    expect((await uploads.head(id)).offsetBytes).toBe(0);
    expect((await stat(join(desk.spoolPath, id, 'data'))).size).toBe(0);
    const state = await uploads.append(id, chunkOf(0, bytes, { checksum: sha256(bytes) }));
    expect(state.receipt?.checksum).toBe(sha256(bytes));
  });

  it('keeps what came of a cut chunk without checksum, and nothing of one with a checksum', async () => {
    const { desk, uploads } = await openSpool();
    const bytes = seededBytes(1_500_000, 4);
    const { id } = await uploads.create(wishFor(), null);
    const cutBody = () =>
      Readable.from(
        (async function* () {
          yield bytes.subarray(0, 1_000_000);
          throw new Error('the socket is gone');
        })(),
      );
    const whole = { body: cutBody(), checksum: sha256(bytes) };
    await expect(uploads.append(id, chunkOf(0, bytes, whole))).rejects.toEqual(code('upload-cut'));
    expect((await uploads.head(id)).offsetBytes).toBe(0);
    await expect(uploads.append(id, chunkOf(0, bytes, { body: cutBody() }))).rejects.toEqual(
      code('upload-cut'),
    );
    expect((await uploads.head(id)).offsetBytes).toBe(1_000_000);
    await uploads.append(id, chunkOf(1_000_000, bytes.subarray(1_000_000), { lengthBytes: bytes.length }));
    expect((await desk.libraryFile(id)).equals(bytes)).toBe(true);
  });

  it('calls a body cut that ends before its announced length', async () => {
    const { uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    const short = chunkOf(0, Buffer.from('hello'), { contentLengthBytes: 10 });
    await expect(uploads.append(id, short)).rejects.toEqual(code('upload-cut'));
    expect((await uploads.head(id)).offsetBytes).toBe(5);
  });

  it('journals a long body without checksum as it comes: by size, and by age', async () => {
    const { uploads } = await openSpool({
      tuning: { journalBytes: 1000, journalAfterMs: 20, writeBytes: 500 },
    });
    const { id } = await uploads.create(wishFor(), null);
    const body = new PassThrough();
    const append = uploads.append(id, chunkOf(0, Buffer.alloc(0), { body, contentLengthBytes: null }));
    body.write(Buffer.alloc(1000, 1));
    await until(async () => (await uploads.head(id)).offsetBytes === 1000);
    body.write(Buffer.alloc(10, 2));
    await until(async () => (await uploads.head(id)).offsetBytes === 1010);
    body.end();
    expect((await append).offsetBytes).toBe(1010);
  });

  it('refuses more than the declared length, before reading when that is announced, while reading when not', async () => {
    const { uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), 5);
    const announced = chunkOf(0, Buffer.from('too long'));
    await expect(uploads.append(id, announced)).rejects.toEqual(code('upload-length-exceeded'));
    expect(announced.body.destroyed).toBe(false);
    const lying = chunkOf(0, Buffer.from('too long'), { contentLengthBytes: null });
    await expect(uploads.append(id, lying)).rejects.toEqual(code('upload-length-exceeded'));
    expect((await uploads.append(id, chunkOf(0, Buffer.from('right')))).receipt).not.toBeNull();
  });

  it('refuses lengths that are absurd, smaller than the offset, or other than declared', async () => {
    const { uploads } = await openSpool({ maxFileBytes: 1000 });
    const { id } = await uploads.create(wishFor({ kind: 'file' }), null);
    await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    const none = Buffer.alloc(0);
    for (const lengthBytes of [4, -1, 0.5, Number.NaN]) {
      await expect(uploads.append(id, chunkOf(5, none, { lengthBytes }))).rejects.toEqual(
        code('upload-length-invalid'),
      );
    }
    await expect(uploads.append(id, chunkOf(5, none, { lengthBytes: 1001 }))).rejects.toEqual(
      code('file-too-large'),
    );
    await uploads.append(id, chunkOf(5, none, { lengthBytes: 10 }));
    expect((await uploads.head(id)).lengthBytes).toBe(10);
    await expect(uploads.append(id, chunkOf(5, none, { lengthBytes: 11 }))).rejects.toEqual(
      code('upload-length-invalid'),
    );
  });

  it('survives a body that breaks before it is read', async () => {
    const { uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    const body = new PassThrough();
    const append = uploads.append(id, chunkOf(0, Buffer.from('x'), { body }));
    body.destroy(new Error('reset by peer'));
    await expect(append).rejects.toEqual(code('upload-cut'));
  });

  it('tells of progress only what is safe', async () => {
    const told: number[] = [];
    const { uploads } = await openSpool({ onProgress: ({ offsetBytes }) => void told.push(offsetBytes) });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    await uploads.append(id, chunkOf(5, Buffer.from('world')));
    expect(told).toEqual([5, 10]);
  });
});

describe('two writers', () => {
  function startWriter(uploads: UploadSpool, id: string, change = {}) {
    const body = new PassThrough();
    const chunk = chunkOf(0, Buffer.alloc(0), { body, contentLengthBytes: null, ...change });
    return { body, append: uploads.append(id, chunk).catch((error: unknown) => error) };
  }

  it('of which one is live: the other is told that the upload is busy, and asking for the offset disturbs nobody', async () => {
    const clock = new StillClock();
    const { uploads } = await openSpool({ clock });
    const { id } = await uploads.create(wishFor(), null);
    const { body, append } = startWriter(uploads, id);
    await new Promise(setImmediate);
    clock.pass(2900);
    await expect(uploads.append(id, chunkOf(0, Buffer.from('x')))).rejects.toEqual(code('upload-busy'));
    expect((await uploads.head(id)).offsetBytes).toBe(0);
    body.write('hello');
    await new Promise(setImmediate);
    clock.pass(2900);
    await expect(uploads.append(id, chunkOf(0, Buffer.from('x')))).rejects.toEqual(code('upload-busy'));
    body.end();
    expect(await append).toMatchObject({ offsetBytes: 5 });
  });

  it('of which one is silent: a question ends it, and what it delivered is safe', async () => {
    const clock = new StillClock();
    const { uploads } = await openSpool({ clock });
    const { id } = await uploads.create(wishFor(), null);
    const { body, append } = startWriter(uploads, id);
    body.write('hello');
    await until(() => body.readableLength === 0);
    clock.pass(3000);
    expect((await uploads.head(id)).offsetBytes).toBe(5);
    expect(await append).toEqual(code('upload-cut'));
    expect(body.destroyed).toBe(true);
  });

  it('of which one is silent: a new chunk takes over at the offset of what was delivered', async () => {
    const clock = new StillClock();
    const { uploads } = await openSpool({ clock });
    const { id } = await uploads.create(wishFor(), null);
    const silent = startWriter(uploads, id);
    silent.body.write('hello');
    await until(() => silent.body.readableLength === 0);
    clock.pass(3000);
    expect((await uploads.append(id, chunkOf(5, Buffer.from('world')))).offsetBytes).toBe(10);
    expect(await silent.append).toEqual(code('upload-cut'));
  });

  it('of which one is silent with a checksum: nothing of it counts', async () => {
    const clock = new StillClock();
    const { uploads } = await openSpool({ clock });
    const { id } = await uploads.create(wishFor(), null);
    const silent = startWriter(uploads, id, { checksum: sha256(Buffer.from('hello world')) });
    silent.body.write('hello');
    await until(() => silent.body.readableLength === 0);
    clock.pass(3000);
    expect((await uploads.append(id, chunkOf(0, Buffer.from('other')))).offsetBytes).toBe(5);
  });

  it('of which one says nothing for a minute: it is ended, though nobody else asks', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const clock = new StillClock();
      const { uploads } = await openSpool({ clock });
      const { id } = await uploads.create(wishFor(), null);
      const { body, append } = startWriter(uploads, id);
      body.write('hello');
      await until(() => body.readableLength === 0);
      clock.pass(59_999);
      vi.advanceTimersByTime(15_000);
      expect(body.destroyed).toBe(false);
      clock.pass(1);
      vi.advanceTimersByTime(15_000);
      expect(await append).toEqual(code('upload-cut'));
      expect((await uploads.head(id)).offsetBytes).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  });

  it('never calls a writer silent that waits for the disk', async () => {
    const clock = new StillClock();
    const gate = Promise.withResolvers<void>();
    const disk = {
      ...systemDisk,
      sync: async (descriptor: number) => {
        await gate.promise;
        await systemDisk.sync(descriptor);
      },
    };
    const desk = await makeSpoolDesk({ clock, disk });
    // The gate is open while the upload is made.
    const made = await openUploads({ ...desk, disk: systemDisk });
    const { id } = await made.create(wishFor(), null);
    await made.close();
    const uploads = await openUploads(desk);
    opened.push({ desk, uploads });
    const append = uploads.append(id, chunkOf(0, Buffer.from('hello')));
    await until(async () => (await stat(join(desk.spoolPath, id, 'data'))).size === 5);
    clock.pass(60_000);
    await expect(uploads.append(id, chunkOf(0, Buffer.from('x')))).rejects.toEqual(code('upload-busy'));
    gate.resolve();
    expect((await append).offsetBytes).toBe(5);
  });
});

describe('completing', () => {
  it('of a deferred length is asked for by an empty chunk that declares it', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    const state = await uploads.append(id, chunkOf(5, Buffer.alloc(0), { lengthBytes: 5 }));
    expect(state.receipt?.checksum).toBe(sha256(Buffer.from('hello')));
    expect(desk.placed[0]).toMatchObject({ id, sizeBytes: 5, supersedes: null });
  });

  it('answers the same receipt as often as it is asked, and again after a restart', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor({ title: 'Once' }), 5);
    const { receipt } = await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    const again = () => chunkOf(5, Buffer.alloc(0), { lengthBytes: 5 });
    expect((await uploads.append(id, again())).receipt).toEqual(receipt);
    expect((await uploads.head(id)).wish.title).toBe('Once');
    await uploads.close();
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    expect((await restarted.append(id, again())).receipt).toEqual(receipt);
    expect(await restarted.head(id)).toMatchObject({ offsetBytes: 5, lengthBytes: 5, receipt });
    await expect(restarted.append(id, chunkOf(5, Buffer.from('x')))).rejects.toEqual(code('upload-complete'));
    const unannounced = chunkOf(5, Buffer.from('x'), { contentLengthBytes: null });
    await expect(restarted.append(id, unannounced)).rejects.toEqual(code('upload-complete'));
    await expect(restarted.append(id, chunkOf(0, Buffer.from('x')))).rejects.toEqual(
      code('upload-offset-conflict'),
    );
    await expect(restarted.terminate(id)).rejects.toEqual(code('upload-complete'));
    expect(desk.placed).toHaveLength(1);
  });

  it('asked for twice at the same time makes one recording and gives both its receipt', async () => {
    const gate = Promise.withResolvers<void>();
    const inner = await makeSpoolDesk();
    const uploads = await openUploads({
      ...inner,
      complete: async (spooled) => {
        await gate.promise;
        return await inner.complete(spooled);
      },
    });
    opened.push({ desk: inner, uploads });
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    const end = () => uploads.append(id, chunkOf(5, Buffer.alloc(0), { lengthBytes: 5 }));
    const both = Promise.allSettled([end(), end()]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    const receipts = (await both).map((each) =>
      each.status === 'fulfilled' ? each.value.receipt : each.reason,
    );
    expect(receipts[0]).toMatchObject({ recordingId: id });
    // The second either joined, or was told that the first was just at it.
    expect([receipts[0], code('upload-busy')]).toContainEqual(receipts[1]);
    expect(inner.placed).toHaveLength(1);
    expect((await end()).receipt).toEqual(receipts[0]);
  });

  it('joins a completion under way', async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    let runs = 0;
    const inner = await makeSpoolDesk();
    const uploads = await openUploads({
      ...inner,
      tuning: { patienceMs: 10 },
      complete: async (spooled) => {
        runs++;
        const receipt = await inner.complete(spooled);
        started.resolve();
        await gate.promise;
        return receipt;
      },
    });
    opened.push({ desk: inner, uploads });
    const { id } = await uploads.create(wishFor(), 5);
    const first = uploads.append(id, chunkOf(0, Buffer.from('hello')));
    await started.promise;
    // The file has been linked away already; nobody may look for it in the spool.
    const second = uploads.append(id, chunkOf(5, Buffer.alloc(0), { lengthBytes: 5 }));
    expect(await uploads.head(id)).toMatchObject({ offsetBytes: 5, receipt: null });
    await expect(uploads.append(id, chunkOf(5, Buffer.from('x')))).rejects.toEqual(code('upload-complete'));
    gate.resolve();
    expect((await second).receipt).toEqual((await first).receipt);
    expect(runs).toBe(1);
  });

  it('is refused when the whole file differs from the checksum that was wished; the bytes stay', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor({ checksum: sha256(Buffer.from('other')) }), 5);
    await expect(uploads.append(id, chunkOf(0, Buffer.from('hello')))).rejects.toEqual(
      code('checksum-mismatch'),
    );
    expect(await uploads.head(id)).toMatchObject({ offsetBytes: 5, receipt: null });
    expect(await readFile(join(desk.spoolPath, id, 'data'), 'utf8')).toBe('hello');
    expect(desk.placed).toEqual([]);
    expect(await uploads.listUnfinished()).toMatchObject([{ id, refusal: { code: 'checksum-mismatch' } }]);
  });

  it.each(['take', 'file'] as const)(
    'keeps the bytes of a %s that holds no audio, and may be tried again',
    async (kind) => {
      let isAudio = false;
      const inner = await makeSpoolDesk();
      const complete = async (spooled: Parameters<typeof inner.complete>[0]): Promise<UploadReceipt> => {
        if (!isAudio) throw new VoiceRecorderError('not-audio-content', 'This is no audio.');
        return await inner.complete(spooled);
      };
      const uploads = await openUploads({ ...inner, complete });
      opened.push({ desk: inner, uploads });
      const { id } = await uploads.create(wishFor({ kind }), 5);
      await expect(uploads.append(id, chunkOf(0, Buffer.from('hello')))).rejects.toEqual(
        code('not-audio-content'),
      );
      expect(await uploads.head(id)).toMatchObject({ offsetBytes: 5, receipt: null });
      isAudio = true;
      expect((await uploads.append(id, chunkOf(5, Buffer.alloc(0)))).receipt).not.toBeNull();
    },
  );

  it('hands over exactly the safe bytes, whatever lies behind them', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.append(id, chunkOf(0, Buffer.from('hello')));
    // As if a chunk that did not count could not be cut off.
    await appendFile(join(desk.spoolPath, id, 'data'), 'leftover');
    await uploads.append(id, chunkOf(5, Buffer.alloc(0), { lengthBytes: 5 }));
    expect((await desk.libraryFile(id)).toString()).toBe('hello');
  });

  it('of a take that was ended without a byte says so', async () => {
    const { uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    const end = chunkOf(0, Buffer.alloc(0), { lengthBytes: 0 });
    await expect(uploads.append(id, end)).rejects.toEqual(code('audio-no-samples'));
    expect((await uploads.head(id)).offsetBytes).toBe(0);
  });

  it('removes the folder only once the catalogue itself knows the receipt', async () => {
    const inner = await makeSpoolDesk();
    const uploads = await openUploads({ ...inner, findReceipt: async () => undefined });
    const { id } = await uploads.create(wishFor(), 5);
    expect((await uploads.append(id, chunkOf(0, Buffer.from('hello')))).receipt).not.toBeNull();
    await uploads.close();
    expect(await namesUnder(join(inner.spoolPath, id))).toEqual(['info.json', 'journal']);
    await inner.remove();
  });
});

describe('terminating', () => {
  it('removes the bytes, also under a live writer, and is remembered', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    const body = new PassThrough();
    const append = uploads.append(id, chunkOf(0, Buffer.alloc(0), { body, contentLengthBytes: null }));
    const cut = expect(append).rejects.toEqual(code('upload-cut'));
    body.write('hello');
    await new Promise(setImmediate);
    await uploads.terminate(id);
    await cut;
    expect(await uploadsUnder(desk.spoolPath)).toEqual([]);
    await expect(uploads.head(id)).rejects.toEqual(code('upload-gone'));
    await expect(uploads.append(id, chunkOf(0, Buffer.from('x')))).rejects.toEqual(code('upload-gone'));
    await expect(uploads.terminate(id)).rejects.toEqual(code('upload-gone'));
  });

  it('is finished after a crash in its middle', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    await uploads.close();
    await rename(join(desk.spoolPath, id), join(desk.spoolPath, `${id}.terminated`));
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    await (await restarted.recover()).done;
    expect(await uploadsUnder(desk.spoolPath)).toEqual([]);
  });
});

describe('closing', () => {
  it('cuts writers off, keeps what they delivered and refuses newcomers', async () => {
    const { desk, uploads } = await openSpool();
    const { id } = await uploads.create(wishFor(), null);
    const body = new PassThrough();
    const append = uploads.append(id, chunkOf(0, Buffer.alloc(0), { body, contentLengthBytes: null }));
    const cut = expect(append).rejects.toEqual(code('upload-cut'));
    body.write('hello');
    await until(() => body.readableLength === 0);
    await uploads.close();
    await cut;
    await expect(uploads.head(id)).rejects.toEqual(code('interrupted'));
    await expect(uploads.create(wishFor(), null)).rejects.toEqual(code('interrupted'));
    const restarted = await openUploads(desk);
    opened.push({ desk, uploads: restarted });
    expect((await restarted.head(id)).offsetBytes).toBe(5);
  });
});
