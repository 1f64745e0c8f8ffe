/** What the first bytes say a file is; names and extensions play no part. */
export type ContentKind =
  | { readonly family: 'wav' | 'flac' | 'ogg' | 'matroska' | 'mp4' | 'other-audio' }
  | { readonly family: 'reference'; readonly what: string }
  | { readonly family: 'not-audio'; readonly what: string }
  | { readonly family: 'unknown' };

const ASF_HEADER_GUID = '3026b2758e66cf11a6d900aa0062ce6c';
const W64_RIFF_GUID = '726966662e91cf11a5d628db04c10000';

/** Signatures of files that are something else; those of our own containers are in {@link audioFamily}. */
const OTHER_SIGNATURES: readonly (readonly [hex: string, what: string])[] = [
  ['504b0304', 'a ZIP archive'],
  ['504b0506', 'a ZIP archive'],
  ['1f8b', 'a gzip archive'],
  ['377abcaf271c', 'a 7z archive'],
  ['526172211a07', 'a RAR archive'],
  ['ffd8ff', 'a JPEG picture'],
  ['89504e470d0a1a0a', 'a PNG picture'],
  ['47494638', 'a GIF picture'],
  ['25504446', 'a PDF document'],
  ['7f454c46', 'a program (ELF)'],
  ['4d5a', 'a program (Windows)'],
  ['cafebabe', 'a program (Java or macOS)'],
  ['53514c69746520666f726d6174203300', 'an SQLite database'],
  ['d0cf11e0a1b11ae1', 'an office document'],
];

/** Documents that point at audio elsewhere: playlists, manifests, session descriptions. */
const REFERENCES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^#EXTM3U/i, 'an M3U playlist'],
  [/^#EXT-X-/i, 'an HLS playlist'],
  [/^ffconcat version/i, 'an FFmpeg concat script'],
  [/^file\s+['"]?\S/i, 'an FFmpeg concat script'],
  [/^\[playlist\]/i, 'a PLS playlist'],
  [/^<ASX\b/i, 'an ASX playlist'],
  [/^\[Reference\]/i, 'an ASF reference file'],
  [/^v=0\r?\no=/, 'a session description (SDP)'],
  [/^(<\?xml[^>]*>\s*)?(<!--[\s\S]{0,1000}?-->\s*)?<MPD\b/i, 'a DASH manifest'],
  [
    /^(<\?xml[^>]*>\s*)?(<!--[\s\S]{0,1000}?-->\s*)?<(SmoothStreamingMedia|playlist|smil|asx)\b/i,
    'a playlist',
  ],
  [/^(https?|ftp|rtsp|rtmp|rtp|mms|file|concat|data):\S/i, 'a list of addresses'],
];

/** Judges the first bytes of a file (up to 4 KiB are looked at). */
export function sniffContent(head: Uint8Array): ContentKind {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 4096));
  const family = audioFamily(bytes);
  if (family !== undefined) return { family };
  const hex = bytes.toString('hex', 0, 16);
  for (const [signature, what] of OTHER_SIGNATURES) {
    if (hex.startsWith(signature)) return { family: 'not-audio', what };
  }
  if (bytes.length > 0 && bytes.every((byte) => byte === 0)) {
    return { family: 'not-audio', what: 'nothing but zero bytes' };
  }
  const text = readText(bytes);
  if (text === undefined) return { family: 'unknown' };
  for (const [pattern, what] of REFERENCES) {
    if (pattern.test(text)) return { family: 'reference', what };
  }
  if (/^<(!doctype html|html|head|body)\b/i.test(text)) return { family: 'not-audio', what: 'an HTML page' };
  if (bytes.length >= 16) return { family: 'not-audio', what: 'text' };
  return { family: 'unknown' };
}

function audioFamily(bytes: Buffer) {
  const tag = bytes.toString('latin1', 0, 4);
  if (tag === 'RIFF' || tag === 'RF64' || tag === 'BW64') {
    // A RIFF file may also be AVI or WebP; one that is cut before the form type counts as WAV.
    const form = bytes.toString('latin1', 8, 12);
    return form === 'WAVE' || bytes.length < 12 ? 'wav' : undefined;
  }
  if (tag === 'fLaC') return 'flac';
  if (tag === 'OggS') return 'ogg';
  if (bytes.readUIntBE(0, Math.min(4, bytes.length || 1)) === 0x1a45dfa3) return 'matroska';
  if (/^(ftyp|moov|mdat|moof|wide|skip|free|pnot)$/.test(bytes.toString('latin1', 4, 8))) return 'mp4';
  const isOther =
    (tag === 'FORM' && /^AIF[FC]$/.test(bytes.toString('latin1', 8, 12))) ||
    tag === '.snd' ||
    tag === 'caff' ||
    tag.startsWith('ID3') ||
    bytes.toString('latin1', 0, 5) === '#!AMR' ||
    [ASF_HEADER_GUID, W64_RIFF_GUID].includes(bytes.toString('hex', 0, 16));
  return isOther ? 'other-audio' : undefined;
}

/** The bytes as text, if they are text: UTF-8, without control characters other than white space. */
function readText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  let oddCount = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if ((code < 32 && ![9, 10, 12, 13].includes(code)) || code === 0xfffd) oddCount += 1;
  }
  // The last character may be cut in the middle.
  return oddCount <= 1 && text.length > 0 ? text.trimStart() : undefined;
}
