import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureCodeOf } from './failure.ts';
import { decodeUploadMetadata, encodeUploadMetadata } from './upload-metadata.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function codeOf(header: string): string | undefined {
  try {
    decodeUploadMetadata(header);
  } catch (error) {
    return failureCodeOf(error);
  }
  return undefined;
}

describe('upload metadata', () => {
  it('comes back as it was sent, whatever letters it has', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.trim());
    fc.assert(
      fc.property(
        text,
        text,
        fc.uniqueArray(text.filter(Boolean), { maxLength: 5 }),
        (title, filename, tags) => {
          const wish = decodeUploadMetadata(encodeUploadMetadata({ title, filename, tags, kind: 'take' }));
          expect(wish.title).toBe(title === '' ? null : title);
          expect(wish.filename).toBe(filename === '' ? 'recording' : filename);
          expect(wish.tags).toEqual(tags);
          expect(wish.kind).toBe('take');
        },
      ),
    );
  });

  it('is a plain file without a name when the header is empty', () => {
    expect(decodeUploadMetadata('')).toMatchObject({
      kind: 'file',
      filename: 'recording',
      title: null,
      tags: [],
    });
  });

  it('refuses a gap whose cause is no word or whose length is no number', () => {
    expect(codeOf(`gapCause ${base64('Two words')}`)).toBe('upload-metadata-invalid');
    expect(codeOf(`gapSeconds ${base64('-3')}`)).toBe('upload-metadata-invalid');
    expect(decodeUploadMetadata(`gapCause ${base64('reload')}`).gapBefore).toEqual({
      durationSeconds: null,
      cause: 'reload',
    });
  });

  it('keeps every field of a take', () => {
    const header = encodeUploadMetadata({
      kind: 'take',
      filename: 'take.ogg',
      takeId: '0199-take',
      segment: 0,
      gapBefore: { durationSeconds: 1.25, cause: 'reload' },
      recordedAt: '2026-11-22T22:32:05+01:00',
      recordedAtZone: 'Europe/Berlin',
      preset: 'voice',
      checksum: 'AB'.repeat(32),
      notes: 'Zeile 1\nZeile 2',
    });
    expect(decodeUploadMetadata(header)).toEqual({
      kind: 'take',
      filename: 'take.ogg',
      title: null,
      tags: [],
      notes: 'Zeile 1\nZeile 2',
      takeId: '0199-take',
      segment: 0,
      gapBefore: { durationSeconds: 1.25, cause: 'reload' },
      recordedAt: '2026-11-22T21:32:05.000Z',
      recordedAtSource: 'take',
      recordedAtZone: 'Europe/Berlin',
      preset: 'voice',
      checksum: 'ab'.repeat(32),
    });
  });

  it('reads tags as a JSON array or separated by commas, each once', () => {
    expect(decodeUploadMetadata(`tags ${base64('["a, b","c","c"]')}`).tags).toEqual(['a, b', 'c']);
    expect(decodeUploadMetadata(`tags ${base64('voice, interview,,voice')}`).tags).toEqual([
      'voice',
      'interview',
    ]);
  });

  it('ignores keys it does not know and keys without a value', () => {
    expect(decodeUploadMetadata(`filetype ${base64('audio/ogg')}, is_confidential`).kind).toBe('file');
  });

  it.each([
    ['an unknown kind', `kind ${base64('edit')}`],
    ['a value that is not Base64', 'title ???'],
    ['a value that is not UTF-8', `title ${Buffer.from([0xff, 0xfe]).toString('base64')}`],
    ['a key given twice', `title ${base64('a')},title ${base64('b')}`],
    ['a pair with three parts', `title ${base64('a')} ${base64('b')}`],
    ['an empty pair', `title ${base64('a')},,`],
    ['a negative segment', `segment ${base64('-1')}`],
    ['a date without zone', `recordedAt ${base64('2026-11-22T21:00:00')}`],
    ['a date that does not exist', `recordedAt ${base64('2026-13-40T21:00:00Z')}`],
    ['a checksum that is none', `checksum ${base64('abc')}`],
    ['a take id with a path in it', `takeId ${base64('../../etc')}`],
    ['tags that are numbers', `tags ${base64('[1,2]')}`],
    ['tags that are broken JSON', `tags ${base64('["a"')}`],
  ])('refuses %s', (_, header) => {
    expect(codeOf(header)).toBe('upload-metadata-invalid');
  });

  it('never throws anything else, whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (header) => {
        expect([undefined, 'upload-metadata-invalid']).toContain(codeOf(header));
      }),
    );
  });

  it('believes the date of a file less than a date that was given', () => {
    const fileDate = '2020-05-04T03:02:01.000Z';
    const header = encodeUploadMetadata({
      kind: 'file',
      recordedAt: fileDate,
      recordedAtSource: 'file-date',
    });
    expect(decodeUploadMetadata(header)).toMatchObject({
      recordedAt: fileDate,
      recordedAtSource: 'file-date',
    });
    const given = `${header},recordedAt ${base64('2026-11-22T21:00:00Z')}`;
    expect(decodeUploadMetadata(given)).toMatchObject({
      recordedAt: '2026-11-22T21:00:00.000Z',
      recordedAtSource: 'given',
    });
  });
});
