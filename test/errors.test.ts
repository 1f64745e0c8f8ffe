import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
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
