import { STRINGS } from '../strings.ts';
import { CheckIcon, PauseIcon, PlayIcon, StopIcon } from '../ui/icons.tsx';
import { usePageKeys } from '../ui/page-keys.ts';
import { useCaptureValue } from './capture-context.tsx';
import { canStart, isTakeRunning } from './capture-phases.ts';
import { ConnectionState } from './connection-state.tsx';
import { LevelMeter } from './level-meter.tsx';
import { LiveWaveform } from './live-waveform.tsx';
import { MarkButton } from './mark-button.tsx';
import { useRecordActions } from './record-actions.ts';
import { TwoNumbers } from './two-numbers.tsx';

const words = STRINGS.record;

/** The instrument itself: state, waveform, the two numbers, the buttons and the meter. */
export function Deck() {
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  return (
    <section
      className="deck flex flex-col gap-4 px-4 py-5 shadow-sheet sm:px-8 sm:py-6"
      aria-label={words.heading}
    >
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm">
        <TakeState />
        <ConnectionState />
      </div>
      <div className="h-24 sm:h-32">
        <LiveWaveform />
      </div>
      {isTakeRunning(phase) || phase === 'sending' ? <Legend /> : null}
      <TwoNumbers />
      <Buttons />
      <MarkButton />
      <LevelMeter />
    </section>
  );
}

function TakeState() {
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  const segmentCount = useCaptureValue((snapshot) => snapshot.segmentCount);
  return (
    <p className="flex items-center gap-2 font-semibold">
      {phase === 'recording' ? <span className="lamp size-3 rounded-full bg-deck-record" /> : null}
      {phase === 'paused' ? <PauseIcon size={14} /> : null}
      {phase === 'saved' ? <CheckIcon size={18} className="text-deck-safe" /> : null}
      {phase === 'idle' ? <span className="size-3 rounded-full border-2 border-deck-soft" /> : null}
      <span>{words.state[phase]}</span>
      {segmentCount > 1 ? (
        <span className="font-normal text-deck-soft">{words.segments(segmentCount)}</span>
      ) : null}
    </p>
  );
}

/** Says which bars are which, by shape. */
function Legend() {
  return (
    <p className="-mt-2 flex justify-end gap-5 text-xs text-deck-soft">
      <span className="inline-flex items-center gap-1.5">
        <span className="inline-block h-3 w-[3px] rounded-full bg-deck-safe" />
        {words.legendSafe}
      </span>
      <span className="inline-flex items-center gap-1.5">
        <span className="inline-block h-3 w-px bg-deck-record" />
        {words.legendCaptured}
      </span>
    </p>
  );
}

function Buttons() {
  const phase = useCaptureValue((snapshot) => snapshot.phase);
  const isOwnedElsewhere = useCaptureValue((snapshot) => snapshot.isOwnedElsewhere);
  const microphone = useCaptureValue((snapshot) => snapshot.microphone);
  const keepsPreRoll = useCaptureValue((snapshot) => snapshot.settings.keepsPreRoll);
  const { start, stop, toggle } = useRecordActions();
  usePageKeys((key) => {
    if (key === 'r' || key === ' ') toggle();
    else if (key === 's' && isTakeRunning(phase)) stop();
    else return false;
    return true;
  });

  if (isTakeRunning(phase)) {
    const isPaused = phase === 'paused';
    return (
      <div className="flex items-start justify-center gap-10 py-1">
        <RoundButton
          label={isPaused ? words.resume : words.pause}
          keys="r Space"
          className="border-2 border-deck-soft hover:bg-white/10"
          isDisabled={phase === 'finishing'}
          onPress={toggle}
        >
          {isPaused ? <PlayIcon size={30} /> : <PauseIcon size={30} />}
        </RoundButton>
        <RoundButton
          label={words.stop}
          keys="s"
          className="bg-deck-ink text-[#b3211a] hover:bg-white"
          isDisabled={phase === 'finishing'}
          onPress={stop}
        >
          <StopIcon size={36} />
        </RoundButton>
      </div>
    );
  }
  return (
    <div className="flex flex-col items-center gap-2 py-1">
      <RoundButton
        label={phase === 'idle' ? words.start : words.startAgain}
        keys="r Space"
        className="record-button"
        isDisabled={isOwnedElsewhere || !canStart(phase) || microphone === 'asking'}
        onPress={start}
      />
      <p className="text-center text-sm text-deck-soft">
        {isOwnedElsewhere ? words.elsewhere : inviteFor(microphone === 'open', keepsPreRoll)}
      </p>
    </div>
  );
}

function inviteFor(isOpen: boolean, keepsPreRoll: boolean): string {
  if (!isOpen) return words.invite;
  return keepsPreRoll ? STRINGS.moments.preRollOn : words.inviteOpen;
}

interface RoundButtonProps {
  readonly label: string;
  readonly keys: string;
  readonly className: string;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
  readonly children?: React.ReactNode;
}

function RoundButton({ label, keys, className, isDisabled, onPress, children }: RoundButtonProps) {
  return (
    <button
      type="button"
      className="group flex flex-col items-center gap-1.5"
      aria-keyshortcuts={keys}
      disabled={isDisabled}
      onClick={onPress}
    >
      <span
        className={`grid size-20 place-items-center rounded-full transition-colors group-disabled:opacity-50 ${className}`}
      >
        {children}
      </span>
      <span className="text-sm font-semibold">{label}</span>
    </button>
  );
}
