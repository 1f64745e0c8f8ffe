import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { type CarriedError, describeError } from '../threads/carried-error.ts';

/*
 * Follows the safe bytes of many uploads, reading them back from the file. Works in slices, so that the end of one
 * upload never waits for the whole of another.
 */

export type DigestRequest =
  /** The bytes up to `upToBytes` are safe and may be hashed. */
  | { readonly kind: 'follow'; readonly id: string; readonly path: string; readonly upToBytes: number }
  /** Asks for the SHA-256 of the first `upToBytes`; goes before the following of others. */
  | {
      readonly kind: 'finish';
      readonly id: string;
      readonly path: string;
      readonly upToBytes: number;
      readonly ticket: number;
    }
  | { readonly kind: 'forget'; readonly id: string };

export type DigestReply =
  | { readonly ticket: number; readonly checksum: string }
  | ({ readonly ticket: number } & CarriedError);

interface Followed {
  hash: Hash;
  hashedBytes: number;
  path: string;
  targetBytes: number;
  tickets: { readonly ticket: number; readonly upToBytes: number }[];
}

const SLICE_BYTES = 8 * 1024 * 1024;
const buffer = Buffer.allocUnsafe(1024 * 1024);
const followed = new Map<string, Followed>();
let isScheduled = false;

parentPort?.on('message', (request: DigestRequest) => {
  if (request.kind === 'forget') {
    followed.delete(request.id);
    return;
  }
  const entry = followed.get(request.id) ?? startOver(request.id, request.path);
  // The file may have been replaced by one with the same safe bytes.
  entry.path = request.path;
  entry.targetBytes = Math.max(entry.targetBytes, request.upToBytes);
  if (request.kind === 'finish') entry.tickets.push({ ticket: request.ticket, upToBytes: request.upToBytes });
  schedule();
});

function startOver(id: string, path: string): Followed {
  const entry = { hash: createHash('sha256'), hashedBytes: 0, path, targetBytes: 0, tickets: [] };
  followed.set(id, entry);
  return entry;
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    const id = nextToDo();
    if (id === undefined) return;
    work(id);
    schedule();
  });
}

/** Those that are waited for first; among equals the one whose turn was longest ago. */
function nextToDo(): string | undefined {
  let behind: string | undefined;
  for (const [id, entry] of followed) {
    if (entry.tickets.length > 0) return id;
    if (behind === undefined && entry.hashedBytes < entry.targetBytes) behind = id;
  }
  return behind;
}

function work(id: string): void {
  const entry = followed.get(id);
  if (entry === undefined) return;
  followed.delete(id);
  followed.set(id, entry);
  try {
    hashSlice(entry);
  } catch (error) {
    // Begun anew by whoever asks next: nothing half-read is ever continued.
    followed.delete(id);
    for (const { ticket } of entry.tickets) reply({ ticket, ...describeError(error) });
    return;
  }
  for (const waiting of entry.tickets.filter(({ upToBytes }) => upToBytes === entry.hashedBytes)) {
    reply({ ticket: waiting.ticket, checksum: entry.hash.copy().digest('hex') });
  }
  entry.tickets = entry.tickets.filter(({ upToBytes }) => upToBytes !== entry.hashedBytes);
}

function hashSlice(entry: Followed): void {
  const asked = entry.tickets.map(({ upToBytes }) => upToBytes);
  if (asked.some((upToBytes) => upToBytes < entry.hashedBytes)) {
    // Fewer bytes than were followed: their digest cannot be had from this state.
    entry.hash = createHash('sha256');
    entry.hashedBytes = 0;
  }
  const endBytes = Math.min(entry.hashedBytes + SLICE_BYTES, entry.targetBytes, ...asked);
  if (endBytes === entry.hashedBytes) return;
  const descriptor = openSync(entry.path, 'r');
  try {
    while (entry.hashedBytes < endBytes) {
      const wanted = Math.min(buffer.length, endBytes - entry.hashedBytes);
      const count = readSync(descriptor, buffer, 0, wanted, entry.hashedBytes);
      if (count === 0)
        throw new Error(`The file ${entry.path} ends at ${entry.hashedBytes} instead of ${endBytes}.`);
      entry.hash.update(buffer.subarray(0, count));
      entry.hashedBytes += count;
    }
  } finally {
    closeSync(descriptor);
  }
}

function reply(message: DigestReply): void {
  parentPort?.postMessage(message);
}
