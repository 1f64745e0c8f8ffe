import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedRecorder, serveRecorder } from '../../test/served-recorder.ts';
import { openHttpDoor } from '../cli/http-door.ts';
import type { LibraryDoor } from '../cli/library-door.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Recording } from '../model/recording.ts';
import type { VerifyOptions } from '../verify/verification.ts';

let served: ServedRecorder;
let door: LibraryDoor;
let recording: Recording;
beforeEach(async () => {
  served = await serveRecorder();
  door = await openHttpDoor(
    { baseUrl: served.server.baseUrl, token: served.token, tlsCert: null },
    { dataDir: served.folder, storeId: served.recorder.storeId },
  );
  recording = served.recorder.addRecording(Buffer.from('one'), { title: 'One' });
});
afterEach(async () => {
  await door.close();
  await served.close();
});

/** A check that goes on as `reading` says. */
function readAs(reading: (id: string, options: VerifyOptions | undefined) => Promise<unknown>): void {
  const { verification } = served.recorder;
  const plain = verification.verify;
  Object.assign(verification, {
    verify: async (id: string, options?: VerifyOptions) => {
      await reading(id, options);
      return plain(id, options);
    },
  });
}

const verifyPath = () => `/api/recordings/${recording.id}/verify`;
const lines = { accept: 'application/x-ndjson, application/json' };

describe('an answer that takes long', () => {
  it('is told as lines to who accepts them, with the answer as the last one', async () => {
    readAs(async (_id, options) => options?.onProgress?.(2));
    const response = await served.ask(verifyPath(), { method: 'POST', headers: lines });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const said = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(said).toMatchObject([{ progress: 2 }, { answer: { id: recording.id, result: 'ok' } }]);
  });

  it('is one JSON document to everybody else, and where nothing was to be told', async () => {
    for (const headers of [lines, {}]) {
      const response = await served.ask(verifyPath(), { method: 'POST', headers });
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toMatchObject({ id: recording.id, result: 'ok' });
    }
  });

  it('reaches the command line, whose bar hears how far it is', async () => {
    readAs(async (_id, options) => options?.onProgress?.(2));
    const heard: number[] = [];
    const check = await door.care.verify(recording.id, { onProgress: (bytes) => heard.push(bytes) });
    expect(check).toMatchObject({ id: recording.id, result: 'ok' });
    expect(heard).toEqual([2]);
  });

  it('keeps its code when it fails before or behind the first line', async () => {
    const refuse = () => Promise.reject(new VoiceRecorderError('disk-full', 'No room for the log.'));
    readAs(refuse);
    const hear = { onProgress: () => undefined };
    await expect(door.care.verify(recording.id, hear)).rejects.toMatchObject({ code: 'disk-full' });
    readAs(async (_id, options) => {
      options?.onProgress?.(1);
      return refuse();
    });
    await expect(door.care.verify(recording.id, hear)).rejects.toMatchObject({
      code: 'disk-full',
      message: 'No room for the log.',
    });
  });

  it('tells nothing of a failure that is not one of ours, but the log', async () => {
    readAs((_id, options) => {
      options?.onProgress?.(1);
      return Promise.reject(new TypeError('a secret of the house'));
    });
    const failing = door.care.verify(recording.id, { onProgress: () => undefined });
    await expect(failing).rejects.toMatchObject({ code: 'internal' });
    await expect(failing).rejects.not.toThrow('secret');
    expect(served.log()).toContain('a secret of the house');
  });

  it('ends the work when the one who asked goes away in the middle', async () => {
    const ended = Promise.withResolvers<void>();
    readAs(async (_id, options) => {
      options?.onProgress?.(1);
      if (options?.signal) await once(options.signal, 'abort');
      ended.resolve();
      throw new VoiceRecorderError('interrupted', 'Stopped.');
    });
    const stop = new AbortController();
    const asking = door.care.verify(recording.id, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(asking).rejects.toThrow();
    await ended.promise;
  });

  it('counts what a clean-up lets go, too', async () => {
    const heard: object[] = [];
    const [found] = await door.files.recommend();
    if (!found) throw new Error('nothing could go');
    const report = await door.files.cleanUp([found.kind], { onProgress: (progress) => heard.push(progress) });
    expect(heard).toEqual([{ kind: found.kind, doneCount: 1, totalCount: 1, freedBytes: report.freedBytes }]);
  });
});
