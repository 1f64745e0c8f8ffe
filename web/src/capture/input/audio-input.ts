import type { CollectorCommand } from './block-collector.ts';
import { createLevelMeter, type Level, type LevelMeter } from './level-meter.ts';
import { openMicrophone } from './microphone.ts';
import { canReadTracks, readTrack } from './track-source.ts';
import { playIntoWorklet } from './worklet-source.ts';

/** An open microphone: measured all the time, forwarded when a segment wants it. */
export interface AudioInput {
  readonly deviceId: string | null;
  level(): Level;
  /** False when the browser wants a click before it listens. */
  startListening(): Promise<boolean>;
  /** From now on every sample goes to the returned port, until `end`; before them what is kept, if that is wished. */
  forward(options?: { readonly withPreRoll: boolean }): MessagePort;
  /** Keeps the newest so many seconds in memory for a take that begins later; 0 keeps none. */
  keep(seconds: number): void;
  pause(): void;
  resume(): void;
  /** Sends what is collected, and the last word. */
  end(): void;
  close(): void;
}

export interface InputListener {
  /** The device was unplugged, or taken away. */
  onLost(): void;
  /** The system lets no sound through, or does again. */
  onMuted(isMuted: boolean): void;
  /** The browser stopped or took up listening by itself. */
  onListening(isListening: boolean): void;
}

/** Where the samples of a track are collected. */
export interface SampleSource {
  startListening(): Promise<boolean>;
  tell(command: CollectorCommand, transfer?: Transferable[]): void;
  close(): void;
}

export async function openAudioInput(deviceId: string | null, listener: InputListener): Promise<AudioInput> {
  const stream = await openMicrophone(deviceId);
  const meter = createLevelMeter();
  try {
    const source = await openSource(stream, meter, listener);
    return joinInput(stream, source, meter, listener);
  } catch (error) {
    stopTracks(stream);
    throw error;
  }
}

function openSource(stream: MediaStream, meter: LevelMeter, listener: InputListener): Promise<SampleSource> {
  const track = stream.getAudioTracks()[0];
  if (track && canReadTracks()) return Promise.resolve(readTrack(track, meter));
  return playIntoWorklet(stream, meter, listener.onListening);
}

function joinInput(
  stream: MediaStream,
  source: SampleSource,
  meter: LevelMeter,
  listener: InputListener,
): AudioInput {
  const track = stream.getAudioTracks()[0];
  const abort = new AbortController();
  const { signal } = abort;
  track?.addEventListener('ended', () => listener.onLost(), { signal });
  track?.addEventListener('mute', () => listener.onMuted(true), { signal });
  track?.addEventListener('unmute', () => listener.onMuted(false), { signal });

  return {
    deviceId: track?.getSettings().deviceId ?? null,
    level: meter.read,
    startListening: () => source.startListening(),
    forward({ withPreRoll } = { withPreRoll: false }) {
      const { port1, port2 } = new MessageChannel();
      source.tell({ type: 'forward', port: port1, withPreRoll }, [port1]);
      return port2;
    },
    keep: (seconds) => source.tell({ type: 'keep', seconds }),
    pause: () => source.tell({ type: 'pause' }),
    resume: () => source.tell({ type: 'resume' }),
    end: () => source.tell({ type: 'end' }),
    close() {
      abort.abort();
      stopTracks(stream);
      source.close();
    },
  };
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
