/** Smaller ones may share their memory with others, and are not worth it. */
const LEAST_BYTES = 16 * 1024;

/**
 * Gives the memory of pieces back at once. V8 counts what lies outside its heap, and goes through all of the heap
 * whenever another 64 MB of it came: for an upload of a gigabyte that is more work than everything else.
 * Only for pieces that nobody else can hold; they are empty afterwards. Parts of a larger buffer are left alone.
 */
export function giveBack(pieces: readonly Buffer[]): void {
  for (const { buffer, byteOffset, length } of pieces) {
    const isWhole = byteOffset === 0 && length === buffer.byteLength;
    if (isWhole && length >= LEAST_BYTES && buffer instanceof ArrayBuffer) buffer.transfer(0);
  }
}
