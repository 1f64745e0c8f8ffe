/** Reads bits from the most significant one on, as FLAC has them; behind the end there are zeros, and `isOver` says so. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #endBits: number;
  #at: number;

  constructor(bytes: Uint8Array, byteOffset: number) {
    this.#bytes = bytes;
    this.#endBits = bytes.length * 8;
    this.#at = byteOffset * 8;
  }

  get isOver(): boolean {
    return this.#at > this.#endBits;
  }

  /** Of the first byte that was not touched yet. */
  get nextByte(): number {
    return Math.ceil(this.#at / 8);
  }

  skip(bits: number): void {
    this.#at += bits;
  }

  /** At most 24 bits. */
  read(bits: number): number {
    const value = (this.#word() >>> 0) >>> (32 - bits);
    this.#at += bits;
    return bits === 0 ? 0 : value;
  }

  /** Zeros before the next one, which is read too. */
  readUnary(): number {
    let zeros = 0;
    while (this.#at < this.#endBits) {
      // A word read at any bit has 25 bits that count.
      const run = Math.clz32(this.#word() & 0xffff_ff80);
      if (run < 25) {
        this.#at += run + 1;
        return zeros + run;
      }
      zeros += 25;
      this.#at += 25;
    }
    // Nothing but zeros: as much as a broken file can say.
    this.#at = this.#endBits + 1;
    return zeros;
  }

  #word(): number {
    const byte = this.#at >>> 3;
    const bytes = this.#bytes;
    const word =
      ((bytes[byte] ?? 0) << 24) |
      ((bytes[byte + 1] ?? 0) << 16) |
      ((bytes[byte + 2] ?? 0) << 8) |
      (bytes[byte + 3] ?? 0);
    return word << (this.#at & 7);
  }
}
