import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { formatLengthInWords } from '../format/length.ts';
import { usePlayableSource } from '../library/playable-source.ts';
import { STRINGS } from '../strings.ts';
import { CheckIcon, PlayIcon, SafeIcon, WarningIcon } from '../ui/icons.tsx';
import { useCaptureSnapshot } from './capture-context.tsx';
import { TITLE_FIELD_ID } from './take-details.tsx';

const words = STRINGS.record;

/** What became of the take after Stop. */
export function TakeCard() {
  const { phase, capturedSeconds, safeSeconds, savedRecordingId } = useCaptureSnapshot();
  if (phase === 'sending') {
    return (
      <Card
        icon={<SafeIcon />}
        look="bg-petrol-soft text-petrol"
        heading={words.sendingHeading}
        body={words.sendingBody}
      >
        <progress
          className="h-2 w-full overflow-hidden rounded-full accent-petrol"
          aria-label={words.state.sending}
          max={Math.max(1, capturedSeconds)}
          value={safeSeconds}
        />
      </Card>
    );
  }
  if (phase === 'failed') {
    return (
      <Card
        icon={<WarningIcon />}
        look="bg-record-soft text-record"
        heading={words.failedHeading}
        body={words.failedBody}
      />
    );
  }
  if (phase !== 'saved') return null;
  return (
    <Card
      icon={<CheckIcon />}
      look="bg-safe-soft text-safe"
      heading={words.savedHeading}
      body={words.savedBody(formatLengthInWords(capturedSeconds))}
    >
      {savedRecordingId === null ? null : <SavedActions id={savedRecordingId} />}
    </Card>
  );
}

function SavedActions({ id }: { readonly id: string }) {
  const [isPlaying, setPlaying] = useState(false);
  const source = usePlayableSource(id);
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <button
          type="button"
          className="button button-strong"
          onClick={() => setPlaying(true)}
          disabled={isPlaying}
        >
          <PlayIcon size={18} />
          {words.play}
        </button>
        <Link to="/library/$id" params={{ id }} className="button">
          {words.open}
        </Link>
        <button type="button" className="button" onClick={selectTitle}>
          {words.rename}
        </button>
      </div>
      {isPlaying ? (
        // biome-ignore lint/a11y/useMediaCaption: what was just recorded has no captions
        <audio className="w-full" src={source} controls autoPlay />
      ) : null}
    </>
  );
}

function selectTitle() {
  const field = document.getElementById(TITLE_FIELD_ID);
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  field.select();
}

interface CardProps {
  readonly icon: React.ReactNode;
  readonly look: string;
  readonly heading: string;
  readonly body: string;
  readonly children?: React.ReactNode;
}

function Card({ icon, look, heading, body, children }: CardProps) {
  return (
    <section className="sheet rise flex gap-4 p-5" aria-label={heading}>
      <span className={`grid size-11 shrink-0 place-items-center rounded-full ${look}`}>{icon}</span>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        <div>
          <h2 className="text-lg font-semibold">{heading}</h2>
          <p className="text-ink-soft">{body}</p>
        </div>
        {children}
      </div>
    </section>
  );
}
