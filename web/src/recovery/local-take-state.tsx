import type { LocalTake, TakeElsewhere } from '../capture/capture-port.ts';
import { useCaptureValue } from '../record/capture-context.tsx';
import { STRINGS } from '../strings.ts';

const words = STRINGS.recovery;

interface LocalTakeStateProps {
  readonly take: LocalTake;
  readonly isRunningHere: boolean;
  /** What another tab says that records it just now. */
  readonly elsewhere: TakeElsewhere | null;
}

/** Where a take stands, in words; with a bar while bytes of it go to the server. */
export function LocalTakeState({ take, isRunningHere, elsewhere }: LocalTakeStateProps) {
  const connection = useCaptureValue((snapshot) => snapshot.connection);
  const percent = new Intl.NumberFormat(undefined, { style: 'percent' }).format(
    Math.floor(take.sentShare * 100) / 100,
  );
  const isMoving = take.state === 'sending' || (take.state === 'here' && !isRunningHere);
  return (
    <>
      <p className={`text-sm font-semibold ${take.state === 'refused' ? 'text-record' : 'text-ink'}`}>
        {say()}
      </p>
      {take.refusal ? <p className="text-sm text-ink-soft">{take.refusal}</p> : null}
      {isMoving ? (
        <progress
          className="mt-1 h-2 w-full overflow-hidden rounded-full accent-petrol"
          aria-label={words.progress(take.title)}
          max={1}
          value={take.sentShare}
        />
      ) : null}
    </>
  );

  function say(): string {
    if (isRunningHere) return words.state.recordingHere;
    if (elsewhere) return words.state.recordingElsewhere;
    if (take.state === 'elsewhere') return words.state.heldElsewhere;
    if (take.state === 'refused') return words.state.refused;
    if (!isMoving) return words.state.waiting;
    if (connection === 'online') return words.state.sending(percent);
    return connection === 'unauthorised'
      ? words.state.sendingSignedOut(percent)
      : words.state.sendingLater(percent);
  }
}
