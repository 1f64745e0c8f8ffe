/** The part of the WebAssembly interface that is used here; Node's types leave it to those of the browser. */
interface WebAssemblyHost {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
}
const WASM_PAGE_BYTES = 65_536;
const unused: Buffer[] = [];

/**
 * A buffer that begins at a page of memory, which reading and writing past the page cache demands; to be given back. Of all memory that
 * Node hands out only that of WebAssembly is known to. The threads keep what they took.
 */
export function lendAlignedBuffer(bytes: number): Buffer {
  const free = unused.findIndex(({ length }) => length === bytes);
  const [buffer] = free < 0 ? [] : unused.splice(free, 1);
  if (buffer !== undefined) return buffer;
  const { WebAssembly: host } = globalThis as unknown as { readonly WebAssembly: WebAssemblyHost };
  const memory = new host.Memory({ initial: Math.ceil(bytes / WASM_PAGE_BYTES) });
  return Buffer.from(memory.buffer, 0, bytes);
}

/** For the next one; nobody may write it any more. */
export function giveBackBuffer(buffer: Buffer): void {
  unused.push(buffer);
}
