import { DEFAULT_PRESET, findPreset, losslessOf } from '../../../src/model/preset.ts';
import { type CaptureEvent, FIRST_SNAPSHOT, reduceCapture } from './capture-machine.ts';
import type { Capture, CaptureSnapshot, TakeElsewhere } from './capture-port.ts';
import { readSettings, writeSettings } from './capture-settings.ts';
import { canEncodeOpus } from './encoding/opus-support.ts';
import { askBeforeLeaving } from './leaving.ts';
import { markTab } from './mark-tab.ts';
import { saveFile } from './save-file.ts';
import { createScreenKeeper } from './screen-wake-lock.ts';
import { watchElsewhere } from './take/take-elsewhere.ts';
import { TakeControl } from './take-control.ts';
import { startTakeWorker } from './worker-client.ts';
import type { WorkerEvent } from './worker-messages.ts';

export interface CaptureOptions {
  /** Where the server's API lies; `/api/` of this page's own origin when missing. */
  readonly apiPath?: string;
}

/**
 * The capture engine of this page; made once. It begins at once to send what earlier visits left behind, and goes on
 * with a take that a reload interrupted.
 */
export function createCapture(options: CaptureOptions = {}): Capture {
  const api = new URL(options.apiPath ?? '/api/', location.href);
  const listeners = new Set<() => void>();
  let snapshot: CaptureSnapshot = { ...FIRST_SNAPSHOT, settings: readSettings() };
  const encodesOpus = canEncodeOpus();
  let unsentCount = 0;

  function dispatch(event: CaptureEvent): void {
    const next = reduceCapture(snapshot, event);
    if (next === snapshot) return;
    const before = snapshot;
    snapshot = next;
    for (const listener of [...listeners]) listener();
    if (isRunning(before) || isRunning(next)) elsewhere.announce();
    if (before.takeId !== next.takeId) void elsewhere.look();
    screen.keepOn(next.phase === 'recording');
  }

  function onEvent(event: WorkerEvent): void {
    if (event.type === 'takes-changed') unsentCount = event.unsentCount;
    if (event.type === 'take-full' && event.takeId === snapshot.takeId) void control.stop();
    if (event.type === 'segment-lost' && event.takeId === snapshot.takeId) control.segmentLost();
    dispatch(event);
  }

  /** Of the preset that this browser can encode, for the one that was chosen. */
  async function asRecorded(presetId: string): Promise<string> {
    const preset = findPreset(presetId) ?? DEFAULT_PRESET;
    return ((await encodesOpus) ? preset : losslessOf(preset)).id;
  }

  const worker = startTakeWorker({
    onEvent,
    onCrash: () => dispatch({ type: 'input-problem', code: 'engine-failed' }),
  });
  const control = new TakeControl({ worker, snapshot: () => snapshot, dispatch, nowMs: Date.now });
  const screen = createScreenKeeper((isKeptOn) => dispatch({ type: 'screen', isKeptOn }));
  const elsewhere = watchElsewhere({
    ownTake: () => (isRunning(snapshot) ? ownTakeOf(snapshot) : null),
    onChange: (take) => dispatch({ type: 'owned-elsewhere', elsewhere: take }),
    onShowYourself: markTab,
  });

  async function open(): Promise<void> {
    const uploadsUrl = new URL('uploads', api).href;
    const recordingsUrl = new URL('recordings/', api).href;
    try {
      const take = await worker.ask({ type: 'open', uploadsUrl, recordingsUrl });
      if (take) await control.adopt(take);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      dispatch({ type: 'input-problem', code: 'local-storage-failed', reason });
    }
  }

  askBeforeLeaving(() => unsentCount > 0 || mustStay(snapshot));
  navigator.mediaDevices?.addEventListener('devicechange', () => void control.devicesChanged());
  void encodesOpus.then((can) => dispatch({ type: 'encoders', encodesOpus: can }));
  void open();

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => snapshot,
    level: () => control.level(),
    openInput: (deviceId) => control.openInput(deviceId),
    closeInput: () => control.closeInput(),
    prepare: (presetId) =>
      void asRecorded(presetId)
        .then((recorded) => worker.ask({ type: 'prepare', presetId: recorded }))
        .catch(() => {}),
    start: ({ presetId, title }) => control.start(asRecorded(presetId), title),
    pause: () => control.pause(),
    resume: () => control.resume(),
    stop: () => control.stop(),
    describe(details) {
      dispatch({ type: 'described', details });
      if (snapshot.takeId) void worker.ask({ type: 'describe', takeId: snapshot.takeId, details });
    },
    addMarker: () => void worker.ask({ type: 'add-marker' }),
    labelMarker: (takeId, id, label) => void worker.ask({ type: 'label-marker', takeId, id, label }),
    removeMarker: (takeId, id) => void worker.ask({ type: 'remove-marker', takeId, id }),
    changeSettings(change) {
      const settings = { ...snapshot.settings, ...change };
      writeSettings(settings);
      dispatch({ type: 'settings', settings });
      control.applySettings();
    },
    testRecording: async (seconds) =>
      URL.createObjectURL(await control.test(seconds, asRecorded(DEFAULT_PRESET.id))),
    localTakes: () => worker.ask({ type: 'list-takes' }),
    async sendLocalTake(takeId) {
      await worker.ask({ type: 'send-take', takeId });
    },
    localTakeFiles: (takeId) => worker.ask({ type: 'take-files', takeId }),
    async saveLocalTakeAsFile(takeId) {
      for (const { file, filename } of await worker.ask({ type: 'take-files', takeId }))
        saveFile(file, filename);
    },
    async removeLocalTake(takeId) {
      await worker.ask({ type: 'remove-take', takeId });
      dispatch({ type: 'take-removed', takeId });
    },
    retryNow: () => void worker.ask({ type: 'retry-now' }),
    showRecordingTab: () => elsewhere.askToShow(),
  };
}

function isRunning({ phase }: CaptureSnapshot): boolean {
  return phase === 'recording' || phase === 'paused' || phase === 'finishing';
}

function mustStay(snapshot: CaptureSnapshot): boolean {
  return isRunning(snapshot) || snapshot.phase === 'sending';
}

function ownTakeOf({ takeId, title, phase, capturedSeconds, safeSeconds }: CaptureSnapshot): TakeElsewhere {
  return { takeId: takeId ?? '', title, phase, capturedSeconds, safeSeconds };
}
