import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine, safeFileName, titleFromFileName } from './file-name.ts';

describe('safeFileName', () => {
  it.each([
    ['interview.wav', 'interview.wav'],
    ['../../etc/passwd.wav', 'passwd.wav'],
    ['..\\..\\windows\\x.wav', 'x.wav'],
    ['/abs/olute.wav', 'olute.wav'],
    ['folder/', 'folder'],
    ['..', 'recording'],
    ['.', 'recording'],
    ['', 'recording'],
    ['///', 'recording'],
    ['.hidden.wav', 'hidden.wav'],
    ['a\0b.wav', 'ab.wav'],
    ['tab\tnew\nline.wav', 'tabnewline.wav'],
    ['\u001b[31mred.wav', '[31mred.wav'],
    ['song\u202egpj.wav', 'songgpj.wav'],
    ['\u200e\u200f\u2066x\u2069.wav', 'x.wav'],
    ['Gespra\u0308ch.wav', 'Gespr\u00e4ch.wav'],
    ['CON', '_CON'],
    ['con.wav', '_con.wav'],
    ['Lpt1 .wav', '_Lpt1 .wav'],
    ['nul.tar.gz', '_nul.tar.gz'],
    ['COM\u00b9.wav', '_COM\u00b9.wav'],
    ['console.wav', 'console.wav'],
    ['what? "a" <b>|c*: d.wav', 'what_ _a_ _b__c__ d.wav'],
    ['trailing. . .', 'trailing'],
    ['lone\ud800.wav', 'lone\ufffd.wav'],
    ['मराठी.wav', 'मराठी.wav'],
    ['👩‍🎤 live.wav', '👩‍🎤 live.wav'],
    ['नमस्‍ते.ogg', 'नमस्‍ते.ogg'],
  ])('makes %j into %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it('cuts long names before their extension and never through a character', () => {
    const long = safeFileName(`${'👩‍🎤'.repeat(100)}.flac`);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(240);
    expect(long).toMatch(/^(👩‍🎤)+\.flac$/u);
    expect(safeFileName(`${'x'.repeat(300)}.wav`)).toBe(`${'x'.repeat(236)}.wav`);
    expect(safeFileName(`e${'\u0301'.repeat(300)}.wav`)).toMatch(/\.wav$/);
  });

  it('is safe for whatever name there is, and leaves a safe one alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const safe = safeFileName(name);
        expect(safe).not.toBe('');
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
        expect(safe).not.toMatch(/[/\\\u0000-\u001f\u007f\u202a-\u202e]|^\.|[. ]$/);
        expect(safeFileName(safe)).toBe(safe);
      }),
    );
  });
});

describe('titleFromFileName', () => {
  it.each([
    ['Interview_with_Ada.wav', 'Interview with Ada'],
    ['Ada & Bob_2.wav', 'Ada & Bob_2'],
    ['2026-11-22 10.30.ogg', '2026-11-22 10.30'],
    ['no extension', 'no extension'],
    ['../..', 'Untitled recording'],
    ['.wav', 'wav'],
  ])('makes %j into %j', (name, title) => {
    expect(titleFromFileName(name)).toBe(title);
  });
});

describe('oneLine', () => {
  it('keeps what people wrote and drops what they cannot see', () => {
    expect(oneLine('  Two\nlines\u202e \0 of  text ')).toBe('Two lines of text');
    expect(oneLine('😀'.repeat(600), 500)).toBe('😀'.repeat(500));
  });
});
