import { counted } from '../model/format.ts';
import type { RecordingId } from '../model/id.ts';
import type { UploadState } from '../model/upload.ts';
import type { Cleaner } from './cleaner.ts';

/** An upload that is no recording yet, as the spool knows it. */
export interface WaitingUpload extends UploadState {
  readonly lastActivityAt: string;
  readonly isExpired: boolean;
  readonly refusal: { readonly code: string; readonly message: string } | null;
  readonly adoptedAs: RecordingId | null;
}

export interface UploadCleanersDesk {
  listUnfinished(): Promise<readonly WaitingUpload[]>;
  terminate(id: RecordingId): Promise<void>;
  nowMs(): number;
  readonly expiryMs: number;
}

// Adopting goes round once an hour: a day later everything that can be kept as a recording is one.
const SETTLING_MS = 24 * 60 * 60 * 1000;

/** What senders left behind in the spool: first what is in the library besides, then what never was audio. */
export function uploadCleaners(desk: UploadCleanersDesk): readonly Cleaner[] {
  const cleaner = (
    facts: Pick<Cleaner, 'kind' | 'risk' | 'describe'>,
    isMeant: (upload: WaitingUpload) => boolean,
  ): Cleaner => ({
    ...facts,
    async *find() {
      for (const upload of await desk.listUnfinished()) {
        const silentMs = desk.nowMs() - Date.parse(upload.lastActivityAt);
        if (!upload.isExpired || silentMs < desk.expiryMs + SETTLING_MS || !isMeant(upload)) continue;
        yield { name: upload.wish.title ?? upload.wish.filename, bytes: upload.offsetBytes, id: upload.id };
      }
    },
    remove: async ({ id, bytes }) => {
      await desk.terminate(id ?? '');
      return bytes;
    },
  });
  return [
    cleaner(
      {
        kind: 'uploads',
        risk: 'low',
        describe: (count) =>
          `${counted(count, 'upload')} whose sender never came back. What had arrived is in the library as a ` +
          'recovered recording; a sender that returns after all begins anew.',
      },
      ({ adoptedAs, offsetBytes }) => adoptedAs !== null || offsetBytes === 0,
    ),
    cleaner(
      {
        kind: 'refused',
        risk: 'review',
        describe: (count) =>
          `${counted(count, 'upload')} that could not become recordings, because their bytes are no audio. ` +
          'There may be no other copy of them.',
      },
      ({ adoptedAs, offsetBytes, refusal }) => adoptedAs === null && offsetBytes > 0 && refusal !== null,
    ),
  ];
}
