/** The checksums of FLAC frames (RFC 9639 sections 9.1.8 and 9.3). */
const CRC8_TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x80 ? 0x107 : 0);
  return crc;
});

const CRC16_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x8000 ? 0x18005 : 0);
  return crc;
});

/** Of a frame header, from its sync code to the byte before its checksum. */
export function crc8(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at += 1) crc = CRC8_TABLE[crc ^ (bytes[at] ?? 0)] ?? 0;
  return crc;
}

/** Of a frame; 0 when its own checksum is included and right. */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at += 1) {
    crc = ((crc << 8) & 0xffff) ^ (CRC16_TABLE[(crc >> 8) ^ (bytes[at] ?? 0)] ?? 0);
  }
  return crc;
}
