import type { FlacFrameHeader } from '../model/flac-frame.ts';
import { BitReader } from './flac-bits.ts';

const CRC16_BYTES = 2;
/** Bits of a sample by the header's code (RFC 9639 section 9.1.4); 0 is for what STREAMINFO says. */
export const FLAC_DEPTHS: readonly (number | undefined)[] = [0, 8, 12, undefined, 16, 20, 24, 32];

interface FlacShape {
  readonly bitDepth: number;
}

/**
 * How many bytes the frame at `offset` has, by walking through its subframes (RFC 9639 section 9.2) without making samples
 * of them; undefined when they cannot be what they claim. FLAC says it nowhere, and a right checksum alone is found too
 * easily in the middle of a frame.
 */
export function flacFrameBytes(
  bytes: Uint8Array,
  offset: number,
  header: FlacFrameHeader,
  shape: FlacShape,
): number | undefined {
  const codes = bytes[offset + 3] ?? 0;
  const depthCode = FLAC_DEPTHS[(codes >> 1) & 7];
  if (depthCode === undefined) return undefined;
  const depth = depthCode === 0 ? shape.bitDepth : depthCode;
  const assignment = codes >> 4;
  if (assignment > 10) return undefined;
  const channels = assignment < 8 ? assignment + 1 : 2;
  const bits = new BitReader(bytes, offset + header.headerBytes);
  for (let channel = 0; channel < channels; channel += 1) {
    // A difference of two channels has one bit more (section 4.2).
    const isSide = assignment === 9 ? channel === 0 : assignment >= 8 && channel === 1;
    if (!skipSubframe(bits, header.blockSamples, depth + (isSide ? 1 : 0))) return undefined;
  }
  const end = bits.nextByte + CRC16_BYTES;
  return end <= bytes.length ? end - offset : undefined;
}

function skipSubframe(bits: BitReader, blockSamples: number, fullDepth: number): boolean {
  if (bits.read(1) !== 0) return false;
  const type = bits.read(6);
  const wasted = bits.read(1) === 1 ? bits.readUnary() + 1 : 0;
  const depth = fullDepth - wasted;
  if (depth < 1) return false;
  if (type === 0) bits.skip(depth);
  else if (type === 1) bits.skip(depth * blockSamples);
  else if (type >= 8 && type <= 12) return skipPredicted(bits, blockSamples, depth, type - 8, false);
  else if (type >= 32) return skipPredicted(bits, blockSamples, depth, type - 31, true);
  else return false;
  return !bits.isOver;
}

function skipPredicted(
  bits: BitReader,
  blockSamples: number,
  depth: number,
  order: number,
  hasCoefficients: boolean,
): boolean {
  if (order > blockSamples) return false;
  bits.skip(order * depth);
  if (hasCoefficients) {
    const precision = bits.read(4) + 1;
    if (precision === 16) return false;
    bits.skip(5 + order * precision);
  }
  return skipResidual(bits, blockSamples, order);
}

/** Section 9.2.7: partitions of numbers in Rice code, or plain ones where that would not pay. */
function skipResidual(bits: BitReader, blockSamples: number, order: number): boolean {
  const method = bits.read(2);
  if (method > 1) return false;
  const parameterBits = method === 0 ? 4 : 5;
  const plain = 2 ** parameterBits - 1;
  const partitions = 2 ** bits.read(4);
  const perPartition = blockSamples / partitions;
  if (!Number.isInteger(perPartition) || perPartition < order) return false;
  for (let partition = 0; partition < partitions && !bits.isOver; partition += 1) {
    const count = partition === 0 ? perPartition - order : perPartition;
    const parameter = bits.read(parameterBits);
    if (parameter === plain) bits.skip(bits.read(5) * count);
    else
      for (let sample = 0; sample < count && !bits.isOver; sample += 1) {
        bits.readUnary();
        bits.skip(parameter);
      }
  }
  return !bits.isOver;
}
