import { PEAKS_KERNEL_BASE64 } from './peaks-kernel.generated.ts';

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  minMax16(at: number, count: number): void;
  minMax32(at: number, count: number): void;
  minMaxFloat(at: number, count: number): void;
  packLittle(from: number, to: number, count: number, strideBytes: number): void;
  packBig(from: number, to: number, count: number, strideBytes: number): void;
  packBytes(from: number, to: number, count: number, flip: number): void;
  packDouble(from: number, to: number, count: number): void;
}

/** The part of the WebAssembly interface that is used here; Node's types leave it to those of the browser. */
interface WebAssemblyHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** How samples lie in memory. */
export type SampleLayout =
  | 'u8'
  | 's8'
  | 's16le'
  | 's16be'
  | 's24le'
  | 's24be'
  | 's32le'
  | 's32be'
  | 's64le'
  | 'f32le'
  | 'f64le';

export const SAMPLE_BYTES: Readonly<Record<SampleLayout, number>> = {
  u8: 1,
  s8: 1,
  s16le: 2,
  s16be: 2,
  s24le: 3,
  s24be: 3,
  s32le: 4,
  s32be: 4,
  s64le: 8,
  f32le: 4,
  f64le: 8,
};

// Results and scratch of the kernel stand before this; the memory has 8 MiB (128 pages).
const INPUT_AT = 64;
const HALF_BYTES = 4 * 1024 * 1024;

/** Smallest and largest of many samples, by vector instructions in WebAssembly memory that files are read into. */
export class PeaksKernel {
  /** Put samples here; {@link prepare} comes next. */
  readonly input: Uint8Array;
  /** Of the last {@link measure}, as 16-bit values. */
  low = 0;
  high = 0;
  readonly #exports: KernelExports;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;
  #kind: 'int16' | 'int32' | 'float' = 'int16';
  #at = INPUT_AT;

  constructor() {
    const { WebAssembly: host } = globalThis as unknown as { readonly WebAssembly: WebAssemblyHost };
    const module = new host.Module(Buffer.from(PEAKS_KERNEL_BASE64, 'base64'));
    this.#exports = new host.Instance(module).exports as KernelExports;
    const memory = this.#exports.memory.buffer;
    this.input = new Uint8Array(memory, INPUT_AT, HALF_BYTES - INPUT_AT);
    this.#integers = new Int32Array(memory, 0, 2);
    this.#floats = new Float32Array(memory, 0, 2);
  }

  /** Samples that fit into {@link input} and, where they must be widened, behind it. */
  static capacity(layout: SampleLayout): number {
    return Math.floor((HALF_BYTES - INPUT_AT) / Math.max(SAMPLE_BYTES[layout], 2));
  }

  /** Makes `count` samples in {@link input} measurable. */
  prepare(layout: SampleLayout, count: number): void {
    const packed = HALF_BYTES;
    this.#at = packed;
    this.#kind = 'int16';
    switch (layout) {
      case 's16le':
        this.#at = INPUT_AT;
        break;
      case 's32le':
        this.#at = INPUT_AT;
        this.#kind = 'int32';
        break;
      case 'f32le':
        this.#at = INPUT_AT;
        this.#kind = 'float';
        break;
      case 'f64le':
        this.#exports.packDouble(INPUT_AT, packed, count);
        this.#kind = 'float';
        break;
      case 'u8':
      case 's8':
        this.#exports.packBytes(INPUT_AT, packed, count, layout === 'u8' ? 128 : 0);
        break;
      case 's16be':
      case 's24be':
      case 's32be':
        this.#exports.packBig(INPUT_AT, packed, count, SAMPLE_BYTES[layout]);
        break;
      default:
        this.#exports.packLittle(INPUT_AT, packed, count, SAMPLE_BYTES[layout]);
    }
  }

  /** Sets {@link low} and {@link high} from `count` prepared samples after the first `offset`. */
  measure(offset: number, count: number): void {
    if (this.#kind === 'int16') {
      this.#exports.minMax16(this.#at + offset * 2, count);
      this.low = this.#integers[0] ?? 0;
      this.high = this.#integers[1] ?? 0;
    } else if (this.#kind === 'int32') {
      this.#exports.minMax32(this.#at + offset * 4, count);
      this.low = (this.#integers[0] ?? 0) >> 16;
      this.high = (this.#integers[1] ?? 0) >> 16;
    } else {
      this.#exports.minMaxFloat(this.#at + offset * 4, count);
      this.low = toInt16(this.#floats[0] ?? 0);
      this.high = toInt16(this.#floats[1] ?? 0);
    }
  }
}

function toInt16(value: number): number {
  // Nothing but NaN leaves the infinities of an empty run.
  if (!Number.isFinite(value)) return 0;
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
}
