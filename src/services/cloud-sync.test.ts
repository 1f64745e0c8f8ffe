import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { voiceSamples, wavBytes } from '../../test/voice-wav.ts';
import { systemClock, toIsoUtc } from '../model/clock.ts';
import { openVoiceRecorder } from '../open.ts';
import { claimTarget } from '../sync/far-marker.ts';
import { openFolderTarget } from '../sync/folder-target.ts';
import { TargetBook } from '../sync/target-book.ts';
import { EnhancedCloudSyncService } from './cloud-sync.ts';
import { DatabaseHealthMonitor } from './database-health-monitor.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vrp-cloud-sync-'));
});
afterEach(() => rm(home, { recursive: true }));

it('says of one recording whether every target has a verified copy, and why not', async () => {
  const [stateDir, far] = [join(home, 'state'), join(home, 'far')];
  await mkdir(far);
  await using disposing = new AsyncDisposableStack();
  const overrides = { stateDir };
  const recorder = await openVoiceRecorder({ dataDir: join(home, 'data'), overrides, runsJobs: false });
  disposing.defer(() => recorder.close());
  const file = join(home, 'talk.wav');
  await writeFile(file, wavBytes(voiceSamples(1, 16_000, 1), 16_000));
  const { id = '' } = await recorder.library.importFile(file);
  const sync = new EnhancedCloudSyncService(recorder.contextManager, new DatabaseHealthMonitor(recorder));
  expect(await sync.syncRecording(id)).toMatchObject({ success: false, error: { code: 'target-unknown' } });

  const place = { kind: 'folder', path: far } as const;
  const targetId = await claimTarget(
    openFolderTarget(place),
    recorder.storeId,
    toIsoUtc(systemClock.nowMs()),
  );
  new TargetBook(stateDir, recorder.storeId).add({ id: targetId, name: 'nas', place });
  const { filesizeBytes } = (await recorder.library.find(id)) ?? { filesizeBytes: 0 };
  const done = await sync.syncRecording(id);
  expect(done).toMatchObject({ success: true, verified: true, attempts: 1, bytes: filesizeBytes });
  expect(done).not.toHaveProperty('error');
  expect(done.sessionMetrics.totalSessions).toBeGreaterThan(0);
  expect(await sync.syncRecording('0192a000-0000-7000-8000-000000000001')).toMatchObject({
    success: false,
    error: { code: 'recording-unknown' },
  });
  await rm(far, { recursive: true });
  await recorder.library.amend(id, { title: 'Changed' });
  expect(await sync.syncRecording(id)).toMatchObject({
    success: false,
    verified: true,
    error: { code: 'target-missing' },
  });
});
