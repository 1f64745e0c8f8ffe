import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition } from './content-disposition.ts';

describe('a Content-Disposition', () => {
  it('carries a plain name twice', () => {
    expect(contentDisposition('attachment', 'take.wav')).toBe(
      `attachment; filename="take.wav"; filename*=UTF-8''take.wav`,
    );
  });

  it('carries umlauts, quotes and what tries to end the header', () => {
    expect(contentDisposition('inline', 'Größe "1"\r\nX: y.wav')).toBe(
      `inline; filename="Gr__e _1___X: y.wav"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%0D%0AX%3A%20y.wav`,
    );
  });

  it('is a legal header that gives back the name, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        const value = contentDisposition('attachment', name);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        const encoded = /filename\*=UTF-8''([^;]*)$/.exec(value)?.[1] ?? '';
        expect(encoded).toMatch(/^(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(encoded)).toBe(name.toWellFormed());
      }),
    );
  });
});
