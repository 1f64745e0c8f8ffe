/** Collections are cheap in a small heap; between two of them some 20 MB of frames may pile up. */
const PACKETS_BETWEEN_COLLECTIONS = 4096;

/**
 * Frees the native buffers whose JavaScript ends are unreachable: V8 sees only the tiny ends and would let them pile
 * up for minutes. Does nothing in a process that was started without `--expose-gc`.
 */
export function collectGarbage(packetCount: number): void {
  if (packetCount % PACKETS_BETWEEN_COLLECTIONS === 0) globalThis.gc?.();
}
