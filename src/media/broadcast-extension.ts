/** Reads a `bext` chunk (EBU Tech 3285 version 2); undefined when it is too short to be one. */
export function readBroadcastExtension(chunk: Buffer): Record<string, string | number> | undefined {
  // Version 0 has 602 bytes before the coding history, of which the last 190 are reserved and may be missing.
  if (chunk.length < 348) return undefined;
  const version = chunk.readUInt16LE(346);
  const fields: Record<string, string | number> = {
    description: readField(chunk, 0, 256),
    originator: readField(chunk, 256, 32),
    originatorReference: readField(chunk, 288, 32),
    originationDate: readField(chunk, 320, 10),
    originationTime: readField(chunk, 330, 8),
    // Samples since midnight, 64 bits.
    timeReference: Number(chunk.readBigUInt64LE(338)),
    version,
    codingHistory: readField(chunk, 602, chunk.length),
  };
  const umid = version >= 1 ? chunk.subarray(348, 412) : Buffer.alloc(0);
  fields['umid'] = umid.some((byte) => byte !== 0) ? umid.toString('hex') : '';
  if (version >= 2 && chunk.length >= 422) {
    // Section 2.4: loudness values are hundredths, 0x7FFF means not measured.
    LOUDNESS_FIELDS.forEach((name, index) => {
      const hundredths = chunk.readInt16LE(412 + index * 2);
      if (hundredths !== 0x7fff) fields[name] = hundredths / 100;
    });
  }
  return fields;
}

const LOUDNESS_FIELDS = [
  'loudnessValue',
  'loudnessRange',
  'maxTruePeakLevel',
  'maxMomentaryLoudness',
  'maxShortTermLoudness',
] as const;

function readField(chunk: Buffer, offset: number, length: number): string {
  const field = chunk.subarray(offset, offset + length);
  const end = field.indexOf(0);
  const content = end < 0 ? field : field.subarray(0, end);
  const utf8 = content.toString('utf8');
  return utf8.includes('\uFFFD') ? content.toString('latin1') : utf8;
}
