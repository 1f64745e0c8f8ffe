import { describe, expect, it } from 'vitest';
import { addTags } from './tag-list.ts';

describe('adding tags', () => {
  it('takes several at once and tidies them', () => {
    expect(addTags(['a'], [' field   notes', ' b ', ''])).toEqual(['a', 'field notes', 'b']);
  });

  it('knows a tag again whatever its letters', () => {
    const tags = ['Interview'];
    expect(addTags(tags, ['interview', ' INTERVIEW'])).toBe(tags);
  });
});
