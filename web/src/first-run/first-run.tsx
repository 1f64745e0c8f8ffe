import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { DEFAULT_PRESET } from '../../../src/model/preset.ts';
import type { StorageReport } from '../api/storage.ts';
import { formatRoom } from '../format/length.ts';
import { minutesFor } from '../format/preset-facts.ts';
import { formatBytes } from '../format/size.ts';
import { useAsRecorded, useCapture, useCaptureValue } from '../record/capture-context.tsx';
import { DevicePicker } from '../record/device-picker.tsx';
import { LevelMeter } from '../record/level-meter.tsx';
import { MicrophoneHelp } from '../record/microphone-help.tsx';
import { NoOpusNote } from '../record/no-opus-note.tsx';
import { useRecordActions } from '../record/record-actions.ts';
import { STRINGS } from '../strings.ts';
import { CheckIcon, FolderIcon, MicrophoneIcon, PlayIcon } from '../ui/icons.tsx';
import { usePageKeys } from '../ui/page-keys.ts';
import { TestRecording } from './test-recording.tsx';

const words = STRINGS.firstRun;

/** What a person sees before there is any recording: microphone, test, place, and the way to the first take. */
export function FirstRun({
  storage,
  onDone,
}: {
  readonly storage: StorageReport;
  readonly onDone: () => void;
}) {
  const microphone = useCaptureValue((snapshot) => snapshot.microphone);
  const voice = useAsRecorded()(DEFAULT_PRESET);
  const { start } = useRecordActions();
  const begin = () => {
    onDone();
    start();
  };
  usePageKeys((key) => {
    if (key !== 'r' && key !== ' ') return false;
    begin();
    return true;
  });
  return (
    <div className="mx-auto grid w-full max-w-5xl items-start gap-6 px-4 py-6 sm:px-6 sm:py-9 lg:grid-cols-[minmax(0,1fr)_17rem]">
      <header className="flex flex-col items-start gap-3 lg:col-span-2">
        <h1 className="text-3xl leading-tight font-semibold tracking-tight text-balance sm:text-4xl">
          {words.heading}
        </h1>
        <p className="text-lg text-ink-soft">{words.body}</p>
      </header>
      <ol className="flex flex-col gap-4">
        <Step icon={<MicrophoneIcon />} heading={words.stepMicrophone} isDone={microphone === 'open'}>
          <MicrophoneStep />
        </Step>
        <Step icon={<PlayIcon />} heading={words.stepTest}>
          <TestRecording />
        </Step>
        <Step icon={<FolderIcon />} heading={words.stepPlace}>
          <p className="text-ink-soft">{words.placeBody}</p>
          <p className="mt-1 rounded-lg bg-sunk px-3 py-2 font-mono text-sm break-all">{storage.dataDir}</p>
          <p className="mt-2 text-ink-soft">
            {words.placeRoom(
              formatRoom(minutesFor(voice, storage.minutesLeft) ?? 0),
              formatBytes(storage.freeBytes),
            )}
          </p>
          <NoOpusNote />
        </Step>
      </ol>
      <div className="deck flex flex-col items-center gap-5 px-6 py-9 text-center lg:sticky lg:top-6">
        <button type="button" className="group flex flex-col items-center gap-2" onClick={begin}>
          <span className="record-button size-20 rounded-full" />
          <span className="text-lg font-semibold">{words.go}</span>
        </button>
        <p className="text-sm text-deck-soft">
          {words.orImport}
          <br />
          <Link to="/library" className="underline underline-offset-4">
            {words.openLibrary}
          </Link>
        </p>
      </div>
    </div>
  );
}

interface StepProps {
  readonly icon: ReactNode;
  readonly heading: string;
  readonly isDone?: boolean;
  readonly children: ReactNode;
}

function Step({ icon, heading, isDone = false, children }: StepProps) {
  return (
    <li className="sheet flex gap-4 p-5">
      <span
        className={`grid size-10 shrink-0 place-items-center rounded-full ${isDone ? 'bg-safe-soft text-safe' : 'bg-petrol-soft text-petrol'}`}
      >
        {isDone ? <CheckIcon /> : icon}
      </span>
      <div className="min-w-0 flex-1">
        <h2 className="text-base leading-10 font-semibold">{heading}</h2>
        {children}
      </div>
    </li>
  );
}

function MicrophoneStep() {
  const capture = useCapture();
  const microphone = useCaptureValue((snapshot) => snapshot.microphone);
  if (microphone === 'open') {
    return (
      <div className="flex flex-col gap-4">
        <p className="text-ink-soft">{words.ready}</p>
        <DevicePicker />
        <div className="deck rounded-xl px-4 pt-9 pb-3">
          <LevelMeter />
        </div>
      </div>
    );
  }
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-ink-soft">{STRINGS.microphone.why}</p>
      {microphone === 'unknown' && window.isSecureContext ? (
        <button
          type="button"
          className="button button-strong"
          onClick={() => void capture.openInput().catch(() => undefined)}
        >
          <MicrophoneIcon size={18} />
          {STRINGS.microphone.allow}
        </button>
      ) : null}
      <div className="w-full">
        <MicrophoneHelp />
      </div>
    </div>
  );
}
