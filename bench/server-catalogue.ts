// The server of bench/catalogue.ts: a store whose catalogue is filled first, where it is not full already.
// node bench/server-catalogue.ts FOLDER ROWS [DATABASE_URL]
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownRecordings } from '../src/catalogue/known-recordings.ts';
import { RecordingRepository } from '../src/catalogue/recording-repository.ts';
import { systemClock } from '../src/model/clock.ts';
import { openVoiceRecorder } from '../src/open.ts';
import { startServer } from '../src/serve/start-server.ts';
import type { VoiceRecorder } from '../src/voice-recorder.ts';
import { benchRecording, fillCatalogue, fillSqlite } from './catalogue-rows.ts';

const WRITES_PER_SECOND = 500;
const WRITE_EVERY_MS = 100;

const [folder = '', rows = '0', databaseUrl] = process.argv.slice(2);
const overrides = {
  stateDir: `${folder}/state`,
  ...(databaseUrl === undefined ? {} : { databaseUrl }),
};
let { recorder, openedMs } = await open();
let { known, written } = await look();
if (written < Number(rows)) {
  const tell = (entered: number) => {
    if (entered % 20_000 === 0) console.log(`${entered} of ${rows} recordings`);
  };
  if (databaseUrl === undefined) {
    await recorder.close();
    await fillSqlite(`${folder}/store/catalogue.sqlite`, Number(rows), written, tell);
    ({ recorder, openedMs } = await open());
  } else {
    await fillCatalogue(known, Number(rows), written, tell);
  }
  ({ known, written } = await look());
}
const server = await startServer({ recorder, host: '127.0.0.1', port: 0, webFolder: null, version: '0' });
let isWriting = false;

process.on('message', (wish: 'usage' | 'write' | 'rest' | 'close') => {
  if (wish === 'usage') {
    const { user, system } = process.cpuUsage();
    process.send?.({ rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 });
  }
  if (wish === 'write') void writeOn();
  if (wish === 'rest') {
    isWriting = false;
    process.send?.({ written });
  }
  if (wish === 'close')
    void server
      .close()
      .then(() => recorder.close())
      .then(() => process.disconnect());
});
process.send?.({ port: server.port, token: await recorder.access.ownerToken(), openedMs });

async function writeOn(): Promise<void> {
  isWriting = true;
  for (let turn = performance.now(); isWriting; turn += WRITE_EVERY_MS) {
    await writeSome();
    await sleep(Math.max(0, turn + WRITE_EVERY_MS - performance.now()));
  }
}

async function writeSome(): Promise<void> {
  const count = (WRITES_PER_SECOND * WRITE_EVERY_MS) / 1000;
  const from = written;
  written += count;
  const now = Date.now();
  await known.put(
    Array.from({ length: count }, (_, index) => ({ recording: benchRecording(from + index, now) })),
  );
}

async function open(): Promise<{ recorder: VoiceRecorder; openedMs: number }> {
  const beganAtMs = performance.now();
  const recorder = await openVoiceRecorder({
    environment: 'production',
    dataDir: `${folder}/store`,
    overrides,
    runsJobs: false,
  });
  return { recorder, openedMs: performance.now() - beganAtMs };
}

async function look(): Promise<{ known: KnownRecordings; written: number }> {
  const recordings = new RecordingRepository(recorder.contextManager, systemClock);
  const { recordingCount } = await recordings.totals();
  return { known: new KnownRecordings(recorder.contextManager), written: recordingCount };
}
