import type { SampleSource } from './audio-input.ts';
import workletUrl from './capture-worklet.ts?worker&url';
import type { LevelMeter } from './level-meter.ts';

const SAMPLE_RATE_HZ = 48_000;
const LISTEN_WAIT_MS = 1_500;
// Time for the audio thread's last word.
const CLOSING_MS = 2_000;

/** Collects on the audio thread; `onListening` says when the browser stops or takes up running it. */
export async function playIntoWorklet(
  stream: MediaStream,
  meter: LevelMeter,
  onListening: (isListening: boolean) => void,
): Promise<SampleSource> {
  const { context, source } = openContext(stream);
  await context.audioWorklet.addModule(workletUrl);
  const node = new AudioWorkletNode(context, 'vrp-capture', {
    channelCount: 2,
    channelCountMode: 'clamped-max',
    processorOptions: meter.memory ? { levelMemory: meter.memory } : {},
  });
  node.port.onmessage = (event) => meter.tell(event.data);
  // The node writes nothing to its output; connected, it is sure to be run.
  source.connect(node).connect(context.destination);
  let isClosed = false;
  context.addEventListener('statechange', () => {
    if (!isClosed) onListening(context.state === 'running');
  });

  return {
    async startListening() {
      // Resuming never settles while the browser waits for a click.
      const waited = new Promise((resolve) => setTimeout(resolve, LISTEN_WAIT_MS));
      if (context.state !== 'running') await Promise.race([context.resume(), waited]);
      return context.state === 'running';
    },
    tell: (command, transfer = []) => node.port.postMessage(command, transfer),
    close() {
      isClosed = true;
      setTimeout(() => void context.close(), CLOSING_MS);
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
