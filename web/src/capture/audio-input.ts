import workletUrl from './capture-worklet.ts?worker&url';
import { createLevelMeter, type Level } from './level-meter.ts';
import { openMicrophone } from './microphone.ts';
import type { SampleInput } from './segment-recording.ts';

const SAMPLE_RATE_HZ = 48_000;
const MUTE_PATIENCE_MS = 2_000;
const LISTEN_WAIT_MS = 1_500;

/** An open microphone behind its audio thread: measured all the time, forwarded when a segment wants it. */
export interface AudioInput {
  readonly deviceId: string | null;
  level(): Level;
  /** False when the browser wants a click before it listens. */
  startListening(): Promise<boolean>;
  /** From now on every sample goes to the returned port, until `end`. */
  forward(): SampleInput;
  pause(): void;
  resume(): void;
  /** Sends what is collected, and the last word. */
  end(): void;
  close(): void;
}

export interface InputListener {
  /** The device was unplugged, taken away or muted by the system. */
  onLost(): void;
  /** The browser stopped or took up listening by itself. */
  onListening(isListening: boolean): void;
}

export async function openAudioInput(deviceId: string | null, listener: InputListener): Promise<AudioInput> {
  const stream = await openMicrophone(deviceId);
  try {
    return await connect(stream, listener);
  } catch (error) {
    stopTracks(stream);
    throw error;
  }
}

async function connect(stream: MediaStream, listener: InputListener): Promise<AudioInput> {
  const { context, source } = openContext(stream);
  await context.audioWorklet.addModule(workletUrl);
  const meter = createLevelMeter();
  const node = new AudioWorkletNode(context, 'vrp-capture', {
    channelCount: 2,
    channelCountMode: 'clamped-max',
    processorOptions: meter.memory ? { levelMemory: meter.memory } : {},
  });
  node.port.onmessage = (event) => meter.tell(event.data);
  // The node writes nothing to its output; connected, it is sure to be run.
  source.connect(node).connect(context.destination);

  let isClosed = false;
  const track = stream.getAudioTracks()[0];
  const onLost = () => {
    if (!isClosed) listener.onLost();
  };
  track?.addEventListener('ended', onLost);
  track?.addEventListener('mute', () => {
    setTimeout(() => {
      if (track.muted) onLost();
    }, MUTE_PATIENCE_MS);
  });
  context.addEventListener('statechange', () => {
    if (!isClosed) listener.onListening(context.state === 'running');
  });

  return {
    deviceId: track?.getSettings().deviceId ?? null,
    level: meter.read,
    async startListening() {
      // Resuming never settles while the browser waits for a click.
      const waited = new Promise((resolve) => setTimeout(resolve, LISTEN_WAIT_MS));
      if (context.state !== 'running') await Promise.race([context.resume(), waited]);
      return context.state === 'running';
    },
    forward() {
      const { port1, port2 } = new MessageChannel();
      node.port.postMessage({ type: 'forward', port: port1 }, [port1]);
      return { port: port2, sampleRateHz: context.sampleRate };
    },
    pause: () => node.port.postMessage({ type: 'pause' }),
    resume: () => node.port.postMessage({ type: 'resume' }),
    end: () => node.port.postMessage({ type: 'end' }),
    close() {
      isClosed = true;
      stopTracks(stream);
      // Its audio thread may still have a last word to say.
      setTimeout(() => void context.close(), MUTE_PATIENCE_MS);
    },
  };
}

/** At 48 kHz where the browser converts the microphone's rate itself, else at the microphone's own. */
function openContext(stream: MediaStream): { context: AudioContext; source: MediaStreamAudioSourceNode } {
  const wished = new AudioContext({ sampleRate: SAMPLE_RATE_HZ, latencyHint: 'interactive' });
  try {
    return { context: wished, source: wished.createMediaStreamSource(stream) };
  } catch {
    void wished.close();
    const context = new AudioContext({ latencyHint: 'interactive' });
    return { context, source: context.createMediaStreamSource(stream) };
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
