import type { AudioFacts } from '../model/audio-facts.ts';
import type { AudioMeasurement } from '../model/audio-measurement.ts';
import type { FailureCode } from '../model/failure.ts';
import type { RepairableFault } from '../model/repair.ts';
import type { JoinedMedia, RepairedMedia } from './media.ts';

/** What the child process is asked; one at a time. */
export type MediaRequest =
  | { readonly kind: 'probe'; readonly path: string; readonly filename: string }
  | { readonly kind: 'measure'; readonly path: string }
  | { readonly kind: 'peaks'; readonly path: string; readonly temporaryPath: string }
  | { readonly kind: 'faults'; readonly path: string }
  | {
      readonly kind: 'repair';
      readonly path: string;
      readonly temporaryPath: string;
      readonly likePath?: string;
    }
  | { readonly kind: 'render'; readonly path: string; readonly temporaryPath: string }
  | { readonly kind: 'join'; readonly paths: readonly string[]; readonly temporaryPath: string };

/** What each kind of request is answered with. */
export interface MediaAnswers {
  readonly probe: AudioFacts;
  readonly measure: AudioMeasurement;
  readonly peaks: { readonly pairCount: number };
  readonly render: { readonly mimeType: string };
  readonly join: JoinedMedia;
  readonly faults: readonly RepairableFault[];
  readonly repair: RepairedMedia;
}

export interface MediaCall {
  readonly callId: number;
  readonly request: MediaRequest;
}

export type MediaReply =
  /** FFmpeg is loaded, calls are listened to. */
  | { readonly callId: 0; readonly type: 'ready' }
  | { readonly callId: number; readonly type: 'progress'; readonly share: number }
  | { readonly callId: number; readonly type: 'done'; readonly answer: MediaAnswers[keyof MediaAnswers] }
  | {
      readonly callId: number;
      readonly type: 'failed';
      /** Undefined when the failure is a bug rather than one of our codes. */
      readonly code: FailureCode | undefined;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };
