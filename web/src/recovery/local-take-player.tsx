import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '../api/http.ts';
import type { LocalTake, LocalTakeFile } from '../capture/capture-port.ts';
import { formatClock } from '../format/length.ts';
import { useCapture } from '../record/capture-context.tsx';
import { STRINGS } from '../strings.ts';
import { PauseIcon, PlayIcon } from '../ui/icons.tsx';
import { findPart, joinedLength, startOfPart } from './joined-parts.ts';

const words = STRINGS.recovery;

/** Plays what this browser keeps of a take, one part after the other, as one. */
export function LocalTakePlayer({ take }: { readonly take: LocalTake }) {
  const capture = useCapture();
  const files = useQuery({
    queryKey: ['local-take-files', take.takeId],
    queryFn: () => capture.localTakeFiles(take.takeId),
    networkMode: 'always',
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (files.isPending) return null;
  if (files.isError || files.data.length === 0) {
    return (
      <p role="alert" className="text-sm text-record">
        {files.isError ? messageOf(files.error) : words.cannotPlay}
      </p>
    );
  }
  const keptSeconds = joinedLength(files.data.map(({ durationSeconds }) => durationSeconds));
  return (
    <>
      <JoinedPlayer files={files.data} />
      {take.capturedSeconds - keptSeconds > 1 ? (
        <p className="text-sm text-ink-soft">{words.partsMissing}</p>
      ) : null}
    </>
  );
}

function JoinedPlayer({ files }: { readonly files: readonly LocalTakeFile[] }) {
  const audio = useRef<HTMLAudioElement>(null);
  const addresses = useAddresses(files);
  const partSeconds = useMemo(() => files.map(({ durationSeconds }) => durationSeconds), [files]);
  const [index, setIndex] = useState(0);
  const [position, setPosition] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  /** Where the part that is just being loaded shall begin, and whether it goes on playing there. */
  const next = useRef({ seconds: 0, mustPlay: true });
  const length = joinedLength(partSeconds);

  function seek(to: number): void {
    const part = findPart(partSeconds, to);
    const element = audio.current;
    if (!element) return;
    setPosition(to);
    if (part.index === index) element.currentTime = part.seconds;
    else goTo(part.index, part.seconds, !element.paused);
  }
  function goTo(part: number, seconds: number, mustPlay: boolean): void {
    next.current = { seconds, mustPlay };
    setIndex(part);
  }
  function begin(): void {
    const element = audio.current;
    if (!element) return;
    const { seconds, mustPlay } = next.current;
    next.current = { seconds: 0, mustPlay: false };
    if (seconds > 0) element.currentTime = seconds;
    if (mustPlay) void element.play().catch(() => setPlaying(false));
  }
  function toggle(): void {
    const element = audio.current;
    if (element?.paused) void element.play().catch(() => setFailed(true));
    else element?.pause();
  }

  if (hasFailed) {
    return (
      <p role="alert" className="text-sm text-record">
        {words.cannotPlay}
      </p>
    );
  }
  return (
    <div className="deck flex items-center gap-3 rounded-xl px-3 py-2.5">
      {/* biome-ignore lint/a11y/useMediaCaption: the recordings of people have no captions */}
      <audio
        ref={audio}
        src={addresses[index]}
        onLoadedMetadata={begin}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={({ currentTarget }) =>
          setPosition(startOfPart(partSeconds, index) + currentTarget.currentTime)
        }
        onEnded={() => {
          if (index + 1 < files.length) goTo(index + 1, 0, true);
        }}
        onError={() => setFailed(true)}
      />
      <button
        type="button"
        className="grid size-11 shrink-0 place-items-center rounded-full bg-deck-ink text-[#0b2932] hover:bg-white"
        aria-label={isPlaying ? words.pause : words.play}
        onClick={toggle}
      >
        {isPlaying ? <PauseIcon size={22} /> : <PlayIcon size={22} />}
      </button>
      <input
        type="range"
        className="min-w-0 flex-1 accent-deck-safe"
        aria-label={words.position}
        aria-valuetext={words.positionOf(formatClock(position), formatClock(length))}
        min={0}
        max={Math.max(length, 0.1)}
        step={0.1}
        value={Math.min(position, length)}
        onChange={(event) => seek(Number(event.target.value))}
      />
      <span className="digits text-sm whitespace-nowrap">
        {formatClock(position)} / {formatClock(length)}
        {files.length > 1 ? (
          <span className="block text-xs text-deck-soft">{words.playsPart(index + 1, files.length)}</span>
        ) : null}
      </span>
    </div>
  );
}

/** An address for each file, as long as they are shown: the browser reads from disk as it plays. */
function useAddresses(files: readonly LocalTakeFile[]): readonly string[] {
  const [addresses, setAddresses] = useState<readonly string[]>([]);
  useEffect(() => {
    const made = files.map(({ file }) => URL.createObjectURL(file));
    setAddresses(made);
    return () => {
      for (const address of made) URL.revokeObjectURL(address);
    };
  }, [files]);
  return addresses;
}
