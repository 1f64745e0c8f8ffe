import { describe, expect, it } from 'vitest';
import { scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { someRecording } from '../../test/some-recording.ts';
import type { Recording } from '../model/recording.ts';

const FIRST_MS = Date.parse('2026-11-01T00:00:00.000Z');

function many(count: number): Recording[] {
  return Array.from({ length: count }, (_, index) =>
    someRecording({
      status: index % 10 === 3 ? 'trashed' : 'active',
      kind: index % 5 === 2 ? 'take' : 'file',
      title: `No. ${index} "quoted" \\ 'and' 😀 \u2028 ${'x'.repeat(index)}`,
      tags: index % 4 === 0 ? [] : ['Überall', `tag ${index % 7}`],
      notes: 'Line one\nline two\ttab',
      filesizeBytes: 2 ** 40 + index,
      // Some share their millisecond.
      createdAt: new Date(FIRST_MS + Math.floor(index / 3)).toISOString(),
      modifiedAt: '2026-11-02T00:00:00.000Z',
      trashedAt: index % 10 === 3 ? '2026-11-03T00:00:00.000Z' : null,
      takeId: index % 5 === 2 ? `take-${index}` : null,
      segment: index % 5 === 2 ? 1 : null,
      duration: index / 7,
      markers: [{ atSeconds: 0.25, label: 'über' }],
    }),
  );
}

describe('recordings that files and sidecars tell of', () => {
  it('are entered by the page as they are, and found by everything they say', async () => {
    await using catalogue = await scratchCatalogue();
    const { known, recordings } = catalogue;
    const all = many(450);
    const outcomes = await known.put(all.map((recording) => ({ recording })));
    expect(new Set(outcomes)).toEqual(new Set(['added']));
    const found: Recording[] = [];
    for await (const recording of recordings.streamAll()) found.push(recording);
    const byId = new Map(found.map((recording) => [recording.id, recording]));
    for (const recording of all) expect(byId.get(recording.id)).toEqual(recording);
    expect(found).toHaveLength(all.length);
    expect((await recordings.list({ query: 'no 449' })).items.map(({ id }) => id)).toEqual([all[449]?.id]);
    expect((await recordings.list({ tag: 'TAG 5', limit: 500 })).items.length).toBeGreaterThan(20);
    expect((await recordings.totals()).trashedCount).toBe(45);
    expect(await known.put(all.map((recording) => ({ recording })))).toEqual(all.map(() => 'same'));
    const paths = all.map(({ storedFilename }) => storedFilename);
    expect(await known.findPaths([...paths, 'raw/none.wav'])).toEqual(new Set(paths));
    expect((await known.findIds([all[7]?.id ?? '', 'none'])).get(all[7]?.id ?? '')).toBe(paths[7]);
  });

  it('lose half characters of two, which no database keeps, and nothing else', async () => {
    await using catalogue = await scratchCatalogue();
    const recording = someRecording({ status: 'active', title: 'Half \ud83d of 😀', tags: ['\udc00'] });
    await catalogue.known.put([{ recording }]);
    const found = await catalogue.recordings.find(recording.id);
    expect(found?.title).toBe('Half \ufffd of 😀');
    expect(found?.notes).toBe(recording.notes);
  });
});
