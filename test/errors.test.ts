import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AUDIO_WARNINGS } from '../src/model/audio-facts.ts';
import { FAILURES } from '../src/model/failure.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const codes = Object.keys(FAILURES).sort();
const document = readFileSync(join(root, 'docs/errors.md'), 'utf8');

describe('docs/errors.md', () => {
  it('explains every code there is, and no other', () => {
    const explained = [...document.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1] ?? '').sort();
    expect(explained).toEqual(codes);
  });

  it('says for each code what happened and what to do', () => {
    const rows = document.split('\n').filter((line) => line.startsWith('| `'));
    for (const row of rows) {
      const [, , happened, todo] = row.split('|').map((cell) => cell.trim());
      expect(happened?.length, row).toBeGreaterThan(15);
      expect(todo?.length, row).toBeGreaterThan(10);
    }
  });
});

describe('the table of failures', () => {
  it('has no code that nothing uses', () => {
    const sources = ['src', 'web/src']
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter(
            (name) =>
              /\.tsx?$/.test(name) &&
              !name.includes('.test.') &&
              !name.endsWith('failure.ts') &&
              !name.endsWith('problem.ts'),
          )
          .map((name) => readFileSync(join(root, folder, name), 'utf8')),
      )
      .join('\n');
    expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
  });
});

describe('the remarks about files that were kept', () => {
  it('are all explained in docs/format.md, and all made somewhere', () => {
    const format = readFileSync(join(root, 'docs/format.md'), 'utf8');
    const section = format.slice(format.indexOf('### Remarks'), format.indexOf('## Tombstones'));
    const explained = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(explained).toEqual([...AUDIO_WARNINGS]);
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('.test.') && !name.endsWith('audio-facts.ts'))
      .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
      .join('\n');
    expect(AUDIO_WARNINGS.filter((code) => !sources.includes(`code: '${code}'`))).toEqual([]);
  });
});
