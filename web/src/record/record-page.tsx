import { useEffect, useState } from 'react';
import { useStorageReport } from '../api/queries.ts';
import { FirstRun } from '../first-run/first-run.tsx';
import { formatRoom } from '../format/length.ts';
import { minutesFor } from '../format/preset-facts.ts';
import { UnsentNote } from '../recovery/unsent-note.tsx';
import { useUnsentTakes } from '../recovery/use-local-takes.ts';
import { ScarceRoom } from '../storage/scarce-room.tsx';
import { STRINGS } from '../strings.ts';
import { FolderIcon } from '../ui/icons.tsx';
import { usePageTitle } from '../ui/page-title.ts';
import { BrowserRoom } from './browser-room.tsx';
import { useAsRecorded, useCapture, useCaptureValue, usePresetChoice } from './capture-context.tsx';
import { isTakeRunning } from './capture-phases.ts';
import { Deck } from './deck.tsx';
import { DevicePicker } from './device-picker.tsx';
import { ElsewhereNote } from './elsewhere-note.tsx';
import { MicrophoneHelp } from './microphone-help.tsx';
import { useMicrophonePermission } from './microphone-permission.ts';
import { PreflightNote } from './preflight-note.tsx';
import { PresetPicker } from './preset-picker.tsx';
import { Problems } from './problems.tsx';
import { TakeCard } from './take-card.tsx';
import { TakeDetails } from './take-details.tsx';
import { TakeMomentsList } from './take-moments-list.tsx';
import { TakeOptions } from './take-options.tsx';

export function RecordPage() {
  usePageTitle(STRINGS.record.heading);
  const [isPastFirstRun, setPastFirstRun] = useState(false);
  const isUntouched = useCaptureValue((snapshot) => snapshot.phase === 'idle');
  const storage = useStorageReport();
  const unsentTakes = useUnsentTakes();
  useOpenInputWhenAllowed();

  if ((storage.isLoading && storage.failureCount === 0) || !unsentTakes) return null;
  const isNew = storage.data?.recordingCount === 0 && unsentTakes.length === 0;
  if (storage.data && isNew && isUntouched && !isPastFirstRun) {
    return <FirstRun storage={storage.data} onDone={() => setPastFirstRun(true)} />;
  }
  return <Recorder />;
}

function Recorder() {
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  const isIdle = phase === 'idle';
  const acceptance = useStorageReport().data?.acceptance;
  const presetId = usePresetChoice().chosen.id;
  usePreparedPreset();
  return (
    <div className="mx-auto flex w-full max-w-5xl flex-col gap-5 px-4 py-4 sm:px-6 sm:py-6">
      <h1 className="sr-only">{STRINGS.record.heading}</h1>
      <Deck />
      <ElsewhereNote />
      {acceptance ? <ScarceRoom acceptance={acceptance} isForRecording /> : null}
      {isIdle ? <PreflightNote presetId={presetId} /> : null}
      <Problems />
      <MicrophoneHelp />
      <div
        className={`grid items-start gap-5 ${isIdle ? '' : 'lg:grid-cols-[minmax(0,1.6fr)_minmax(0,1fr)]'}`}
      >
        {isIdle ? null : (
          <div className="flex min-w-0 flex-col gap-5">
            {isTakeRunning(phase) ? null : <TakeCard />}
            <TakeMomentsList />
            <TakeDetails />
          </div>
        )}
        <div className="flex min-w-0 flex-col gap-5">
          <Input isWide={isIdle} />
          <PresetPicker />
          <TakeOptions />
        </div>
      </div>
      <UnsentNote />
    </div>
  );
}

/** Which microphone, and how long it may still go on. */
function Input({ isWide }: { readonly isWide: boolean }) {
  const chosen = useAsRecorded()(usePresetChoice().chosen);
  const storage = useStorageReport().data;
  const minutesLeft = storage && minutesFor(chosen, storage.minutesLeft);
  return (
    <section
      className={`sheet grid items-end gap-x-8 gap-y-3 p-5 ${isWide ? 'sm:grid-cols-2' : ''}`}
      aria-label={STRINGS.record.device}
    >
      <DevicePicker />
      {minutesLeft === undefined ? null : (
        <p className="flex items-center gap-2 text-ink-soft sm:min-h-10">
          <FolderIcon size={18} className="shrink-0" />
          {STRINGS.record.room(formatRoom(minutesLeft))}
        </p>
      )}
      <BrowserRoom presetId={chosen.id} wasAsked={!isWide} />
    </section>
  );
}

/** What was chosen is ready when Record is pressed. */
function usePreparedPreset() {
  const capture = useCapture();
  const { id } = usePresetChoice().chosen;
  useEffect(() => capture.prepare(id), [capture, id]);
}

/** Opens the microphone so that the meter moves, but only where that asks nothing; closes it on leaving. */
function useOpenInputWhenAllowed() {
  const capture = useCapture();
  const isAllowed = useMicrophonePermission() === 'granted';
  useEffect(() => {
    if (isAllowed && capture.snapshot().microphone !== 'open')
      void capture.openInput().catch(() => undefined);
    return () => {
      if (!isTakeRunning(capture.snapshot().phase)) capture.closeInput();
    };
  }, [capture, isAllowed]);
}
