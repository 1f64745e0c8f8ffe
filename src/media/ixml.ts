/** Elements of an iXML document (specification 3.01) that people look for, and the names we give them. */
const FIELDS: Readonly<Record<string, string>> = {
  PROJECT: 'project',
  SCENE: 'scene',
  TAKE: 'take',
  TAPE: 'tape',
  NOTE: 'note',
  CIRCLED: 'circled',
  WILD_TRACK: 'wildTrack',
  FILE_UID: 'fileUid',
  UBITS: 'userBits',
  TIMECODE_RATE: 'timecodeRate',
  FAMILY_UID: 'familyUid',
};
const MAX_TEXT_LENGTH = 4096;
const MAX_TRACKS = 256;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What the document says, the first element of each name; track names are joined by line feeds. */
export function readIxmlFields(document: string): Record<string, string> {
  const found: Record<string, string> = {};
  const tracks: string[] = [];
  // Elements without elements inside them, which is where all text of iXML stands.
  for (const [, name = '', content = ''] of document.matchAll(/<([A-Z_]{1,40})>([^<]{1,20000})<\/\1>/g)) {
    const text = decodeEntities(content).trim().slice(0, MAX_TEXT_LENGTH);
    const field = FIELDS[name];
    if (text === '') continue;
    if (field !== undefined) found[field] ??= text;
    if (name === 'NAME' && tracks.length < MAX_TRACKS) tracks.push(text);
  }
  if (tracks.length > 0) found['trackNames'] = tracks.join('\n');
  return found;
}

/** The text of an XML chunk as it is, up to the zeros it may be padded with; null when there is none. */
export function readXmlText(bytes: Buffer): string | null {
  const text = decodeText(bytes).replace(/\0[\s\S]*$/, '');
  return text.trim() === '' ? null : text;
}

function decodeText(bytes: Buffer): string {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  if (mark === 0xfffe) return bytes.toString('utf16le', 2);
  if (mark === 0xfeff) {
    return Buffer.from(bytes.subarray(2, 2 + ((bytes.length - 2) & ~1)))
      .swap16()
      .toString('utf16le');
  }
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\uFFFD') ? bytes.toString('latin1') : utf8;
}

function decodeEntities(text: string): string {
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
