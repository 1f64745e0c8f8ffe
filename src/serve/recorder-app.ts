import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Metrics } from '../metrics/metrics.ts';
import type { Actor, Role } from '../model/access.ts';
import type { VoiceRecorder } from '../voice-recorder.ts';
import type { ServerAddress } from './server-address.ts';
import type { Shutdown } from './shutdown.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may use the route; `open` needs no token. A route without one fails at start. */
    readonly role?: Role | 'open';
    /** The handler reads the body itself and takes as long as the sender does. */
    readonly isBodyStreamed?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; null only on open routes. */
    actor: Actor | null;
  }
}

export type RecorderApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Everything the routes need. */
export interface RouteDesk {
  readonly recorder: VoiceRecorder;
  readonly address: ServerAddress;
  readonly shutdown: Shutdown;
  readonly version: string;
  readonly metrics: Metrics;
  /** Largest upload in bytes that is admitted; null when only the free space limits it. */
  readonly maxUploadBytes: number | null;
  /** The built page; null when none is served. */
  readonly webFolder: string | null;
}
