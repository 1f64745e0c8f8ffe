import { type KeyboardEvent, useEffect, useState } from 'react';
import type { Peaks } from '../api/recordings.ts';
import { formatClock } from '../format/length.ts';
import { STRINGS } from '../strings.ts';
import { BackIcon, ForwardIcon, PauseIcon, PlayIcon } from '../ui/icons.tsx';
import { Notice } from '../ui/notice.tsx';
import { usePageKeys } from '../ui/page-keys.ts';
import { type Moment, TimelineList, TimelineMarks } from './timeline.tsx';
import { Waveform } from './waveform.tsx';

const words = STRINGS.detail;
const BUTTON_STEP_SECONDS = 10;
const ARROW_STEP_SECONDS = 5;

interface PlayerProps {
  readonly address: string;
  /** As the server knows it; null when it does not. */
  readonly duration: number | null;
  readonly peaks: {
    readonly data: Peaks | undefined;
    readonly isPending: boolean;
    readonly isError: boolean;
  };
  readonly moments: readonly Moment[];
}

/** Plays the playable rendition by ranges; the waveform comes from peaks the server made, never from the file. */
export function Player({ address, duration, peaks, moments }: PlayerProps) {
  const [audio, setAudio] = useState<HTMLAudioElement | null>(null);
  const { position, isPlaying, hasFailed, length } = usePlayback(audio, duration ?? 0);

  function seekBy(seconds: number) {
    if (audio) audio.currentTime = Math.min(length, Math.max(0, audio.currentTime + seconds));
  }
  function toggle() {
    if (audio?.paused) void audio.play().catch(() => undefined);
    else audio?.pause();
  }
  function playFrom(seconds: number) {
    if (!audio) return;
    audio.currentTime = seconds;
    void audio.play().catch(() => undefined);
  }
  usePageKeys((key) => {
    if (key === ' ' || key === 'k') toggle();
    else if (key === 'j') seekBy(-BUTTON_STEP_SECONDS);
    else if (key === 'l') seekBy(BUTTON_STEP_SECONDS);
    else if (key === 'arrowleft') seekBy(-ARROW_STEP_SECONDS);
    else if (key === 'arrowright') seekBy(ARROW_STEP_SECONDS);
    else return false;
    return true;
  });
  function onSliderKey(event: KeyboardEvent) {
    if (!audio || (event.key !== 'Home' && event.key !== 'End')) return;
    audio.currentTime = event.key === 'Home' ? 0 : length;
    event.preventDefault();
  }

  return (
    <section className="deck px-4 py-4 sm:px-6 sm:py-5">
      {/* biome-ignore lint/a11y/useMediaCaption: the recordings of people have no captions */}
      <audio ref={setAudio} src={address} preload="metadata" />
      <div
        role="slider"
        tabIndex={0}
        aria-label={words.position}
        aria-valuemin={0}
        aria-valuemax={Math.floor(length)}
        aria-valuenow={Math.floor(position)}
        aria-valuetext={words.positionValue(formatClock(position), formatClock(length))}
        className="relative h-32 rounded-lg"
        onKeyDown={onSliderKey}
      >
        {peaks.data && audio ? <Waveform audio={audio} peaks={peaks.data} /> : null}
        <TimelineMarks moments={moments} length={length} />
        {peaks.isPending ? (
          <p className="lamp grid h-full place-items-center text-deck-soft">{words.preparing}</p>
        ) : null}
        {peaks.isError ? (
          <p className="grid h-full place-items-center text-deck-soft">{words.waveformFailed}</p>
        ) : null}
      </div>
      <div className="mt-3 flex items-center justify-between gap-3">
        <span className="digits w-20 text-sm">{formatClock(position)}</span>
        <div className="flex items-center gap-3">
          <DeckButton label={words.back10} onPress={() => seekBy(-BUTTON_STEP_SECONDS)}>
            <BackIcon size={24} />
          </DeckButton>
          <button
            type="button"
            className="grid size-14 place-items-center rounded-full bg-deck-ink text-[#0b2932] hover:bg-white"
            aria-label={isPlaying ? words.pause : words.play}
            onClick={toggle}
          >
            {isPlaying ? <PauseIcon size={26} /> : <PlayIcon size={26} />}
          </button>
          <DeckButton label={words.forward10} onPress={() => seekBy(BUTTON_STEP_SECONDS)}>
            <ForwardIcon size={24} />
          </DeckButton>
        </div>
        <span className="digits w-20 text-right text-sm text-deck-soft">{formatClock(length)}</span>
      </div>
      <TimelineList moments={moments} onSeek={playFrom} />
      {hasFailed ? (
        <div className="mt-3 text-ink">
          <Notice kind="problem" isUrgent>
            {words.playFailed}
          </Notice>
        </div>
      ) : null}
    </section>
  );
}

interface DeckButtonProps {
  readonly label: string;
  readonly onPress: () => void;
  readonly children: React.ReactNode;
}

function DeckButton({ label, onPress, children }: DeckButtonProps) {
  return (
    <button
      type="button"
      className="grid size-11 place-items-center rounded-full text-deck-soft hover:bg-white/10 hover:text-deck-ink"
      aria-label={label}
      title={label}
      onClick={onPress}
    >
      {children}
    </button>
  );
}

function usePlayback(audio: HTMLAudioElement | null, knownLength: number) {
  const [position, setPosition] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const [length, setLength] = useState(knownLength);
  useEffect(() => {
    if (!audio) return;
    const listeners: Record<string, () => void> = {
      timeupdate: () => setPosition(audio.currentTime),
      seeked: () => setPosition(audio.currentTime),
      play: () => setPlaying(true),
      pause: () => setPlaying(false),
      ended: () => setPlaying(false),
      error: () => setFailed(true),
      durationchange: () => {
        if (Number.isFinite(audio.duration)) setLength(audio.duration);
      },
    };
    for (const [name, listener] of Object.entries(listeners)) audio.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) audio.removeEventListener(name, listener);
    };
  }, [audio]);
  return { position, isPlaying, hasFailed, length };
}
