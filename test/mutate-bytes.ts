/** A whole number from 0 to below its argument. */
export type Random = (below: number) => number;

/** The same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export interface Mutation {
  readonly kind: 'flip' | 'cut' | 'splice' | 'repeat' | 'wipe';
  readonly bytes: Buffer;
}

/** Damages a copy of `source`: always some bits, mostly of its headers, and often a whole stretch. */
export function mutateBytes(source: Buffer, other: Buffer, random: Random): Mutation {
  const bytes = flip(source, random);
  const start = random(bytes.length);
  const length = 1 + random(Math.min(bytes.length - start, 4096));
  const head = bytes.subarray(0, start);
  switch (random(8)) {
    case 0:
      return { kind: 'cut', bytes: bytes.subarray(0, Math.max(1, start)) };
    case 1:
      return { kind: 'cut', bytes: Buffer.concat([head, bytes.subarray(start + length), Buffer.alloc(1)]) };
    case 2: {
      const from = random(other.length);
      const foreign = other.subarray(from, from + 1 + random(8192));
      return { kind: 'splice', bytes: Buffer.concat([head, foreign, bytes.subarray(start)]) };
    }
    case 3:
      return { kind: 'splice', bytes: Buffer.concat([head, other.subarray(random(other.length))]) };
    case 4: {
      const stretch = bytes.subarray(start, start + length);
      const copies = Array.from({ length: 1 + random(16) }, () => stretch);
      return { kind: 'repeat', bytes: Buffer.concat([head, ...copies, bytes.subarray(start)]) };
    }
    case 5:
      bytes.fill(random(256), start, start + length);
      return { kind: 'wipe', bytes };
    default:
      return { kind: 'flip', bytes };
  }
}

function flip(source: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(source);
  const flips = 1 + random(12);
  for (let count = 0; count < flips; count += 1) {
    const at = random(3) === 0 ? random(bytes.length) : random(Math.min(bytes.length, 1024));
    bytes[at] = random(4) === 0 ? 0xff : (bytes[at] ?? 0) ^ (1 << random(8));
  }
  return bytes;
}
