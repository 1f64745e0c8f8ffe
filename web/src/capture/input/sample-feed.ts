import type { SampleBlock, SampleMessage } from './sample-block.ts';

export interface FeedListener {
  onBlock(block: SampleBlock): void;
  /** Nothing comes until a person goes on. */
  onPause?(): void;
}

// The last word comes within one block; from a closed or frozen source it never does.
const END_WAIT_MS = 1_500;

/** The worker's end of the way that samples take. */
export interface SampleFeed {
  /** Resolves at the source's last word. */
  readonly ended: Promise<void>;
  /** Resolves at the source's last word, or when it is overdue; nothing is listened to afterwards. */
  close(): Promise<void>;
}

export function openFeed(port: MessagePort, listener: FeedListener): SampleFeed {
  const ended = Promise.withResolvers<void>();
  port.onmessage = ({ data }: MessageEvent<SampleMessage>) => {
    if (!('sign' in data)) listener.onBlock(data);
    else if (data.sign === 'end') ended.resolve();
    else listener.onPause?.();
  };
  return {
    ended: ended.promise,
    async close() {
      const timer = setTimeout(ended.resolve, END_WAIT_MS);
      await ended.promise;
      clearTimeout(timer);
      port.onmessage = null;
      port.close();
    },
  };
}
