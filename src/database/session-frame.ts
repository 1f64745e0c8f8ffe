import type { SessionContext } from '../sessions/database-sessions.ts';
import type { WriteCrossingListener, WriteSessionMark } from '../sessions/write-session.ts';
import type { OpenSession, SessionRequest } from './session-factory.ts';

/** One attempt at a session, or a session joined to it, as those inside it find it. */
export class SessionFrame implements WriteSessionMark, SessionContext {
  readonly name: string;
  readonly request: SessionRequest;
  readonly session: OpenSession;
  readonly onCrossing: WriteCrossingListener | undefined;
  /** 0: joined to none. */
  readonly depth: number;
  /** Joined sessions take turns: savepoints of one connection are a stack. */
  lastJoined: Promise<void> | undefined;
  #hasEnded = false;

  constructor(
    request: SessionRequest,
    session: OpenSession,
    onCrossing: WriteCrossingListener | undefined,
    name = request.name,
    depth = 0,
  ) {
    this.name = name;
    this.request = request;
    this.session = session;
    this.onCrossing = onCrossing;
    this.depth = depth;
  }

  /** A frame for a session inside this one. */
  inner(name: string): SessionFrame {
    return new SessionFrame(this.request, this.session, this.onCrossing, name, this.depth + 1);
  }

  get isOpen(): boolean {
    return !this.#hasEnded && !this.request.isOver;
  }

  get signal(): AbortSignal {
    return this.request.signal;
  }

  get batch(): SessionContext['batch'] {
    return this.session.batch;
  }

  end(): void {
    this.#hasEnded = true;
  }
}
