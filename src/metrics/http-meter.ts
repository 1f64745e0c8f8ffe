import type { Socket } from 'node:net';
import { DurationMeter } from '../model/duration-counts.ts';
import type { CountedDurations } from './sampled.ts';

/** From an answer out of memory to an import that is sent for minutes. */
const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
/** Others stand together, so that nobody can make up series. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** By the first digit; 0: the sender left before there was an answer. */
const STATUS_CLASSES = ['aborted', '1xx', '2xx', '3xx', '4xx', '5xx'];
/** Codes that somebody may wait for: they stand at zero before the first one. */
const AWAITED_CODES = ['checksum-mismatch', 'disk-full', 'storage-failed', 'catalogue-unavailable'];

type ByStatus = (DurationMeter | undefined)[];

/** A request that was answered, or whose sender left. */
export interface AnsweredRequest {
  readonly method: string;
  /** Pattern of the route, never the path; undefined where there is no such route. */
  readonly route: string | undefined;
  readonly status: number;
  readonly isAborted: boolean;
  readonly durationSeconds: number;
}

/** Counts requests, refused uploads and bytes on the wire. */
export class HttpMeter {
  readonly #routes = new Map<string, Map<string, ByStatus>>();
  readonly #refusals = new Map<string, number>(AWAITED_CODES.map((code) => [code, 0]));
  readonly #sockets = new Set<Socket>();
  #closedReceivedBytes = 0;
  #closedSentBytes = 0;
  #inFlight = 0;

  begin(): void {
    this.#inFlight += 1;
  }

  end({ method, route = 'none', status, isAborted, durationSeconds }: AnsweredRequest): void {
    this.#inFlight -= 1;
    const methods = this.#routes.get(route) ?? new Map<string, ByStatus>();
    if (methods.size === 0) this.#routes.set(route, methods);
    const known = METHODS.has(method) ? method : 'other';
    const byStatus = methods.get(known) ?? [];
    if (byStatus.length === 0) methods.set(known, byStatus);
    const index = isAborted ? 0 : Math.min(5, Math.trunc(status / 100));
    const meter = byStatus[index] ?? new DurationMeter(BOUNDS_SECONDS);
    byStatus[index] = meter;
    meter.note(durationSeconds);
  }

  /** An upload was refused or failed with `code`. */
  noteRefusal(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  /** Counts what passes `socket`; costs nothing but at its ends. */
  watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#closedReceivedBytes += socket.bytesRead;
      this.#closedSentBytes += socket.bytesWritten;
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get receivedBytes(): number {
    let sum = this.#closedReceivedBytes;
    for (const { bytesRead } of this.#sockets) sum += bytesRead;
    return sum;
  }

  get sentBytes(): number {
    let sum = this.#closedSentBytes;
    for (const { bytesWritten } of this.#sockets) sum += bytesWritten;
    return sum;
  }

  /** Refused uploads by code. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals;
  }

  durations(): CountedDurations[] {
    const all: CountedDurations[] = [];
    for (const [route, methods] of this.#routes) {
      for (const [method, byStatus] of methods) {
        for (const [index, meter] of byStatus.entries()) {
          const status = STATUS_CLASSES[index] ?? 'none';
          if (meter) all.push({ labels: { method, route, status }, durations: meter.read() });
        }
      }
    }
    return all;
  }
}
