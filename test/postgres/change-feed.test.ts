import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { ChangeFeed, type NotedChange } from '../../src/catalogue/change-feed.ts';
import { openPostgres } from '../databases.ts';
import { startPostgres } from '../postgres-server.ts';
import { addRecording, type ScratchCatalogue, scratchCatalogue } from '../scratch-catalogue.ts';
import { someRecording } from '../some-recording.ts';

const postgres = await openPostgres();

/** Two processes on one catalogue that is shared: one that writes, one that reads what it did. */
async function openBoth(): Promise<AsyncDisposable & { writer: ScratchCatalogue; reader: ScratchCatalogue }> {
  const writer = await postgres.scratchCatalogue();
  if (!writer.postgres) throw new Error('Expected a PostgreSQL database.');
  const reader = await scratchCatalogue({ postgres: writer.postgres }, undefined);
  await shareCatalogue(writer);
  return {
    writer,
    reader,
    [Symbol.asyncDispose]: async () => {
      await reader[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
    },
  };
}

function shareCatalogue({ contexts }: ScratchCatalogue) {
  return contexts.withSession({}, (db) =>
    db
      .insertInto('stores')
      .values({ place: 1, id: 'store', claimed_at: '2026-11-23T00:00:00.000Z', is_shared: 1 })
      .execute(),
  );
}

const shown = (news: readonly NotedChange[] | 'everything') =>
  news === 'everything'
    ? news
    : news.map(({ kind, recording }) => `${kind} ${recording?.title ?? ''}`.trim());

describe.skipIf(postgres.skipReason)('changes in a shared catalogue', () => {
  it('are told once, with the recording as it is now', async () => {
    await using both = await openBoth();
    const { writer, reader } = both;
    const feed = new ChangeFeed(reader.contexts);
    await addRecording(writer, { title: 'Before' });
    expect(await feed.read()).toEqual([]);
    const { id } = await addRecording(writer, { title: 'One' });
    await writer.recordings.amend(id, { title: 'Two' });
    expect(shown(await feed.read())).toEqual(['added Two']);
    expect(await feed.read()).toEqual([]);
    await writer.recordings.trash(id);
    expect(shown(await feed.read())).toEqual(['changed Two']);
    await writer.tombstones.bury(id);
    expect(await feed.read()).toMatchObject([{ kind: 'purged', recordingId: id }]);
  });

  it('are not told of what is only claimed, nor to who made them', async () => {
    await using both = await openBoth();
    const { writer, reader } = both;
    const feeds = [new ChangeFeed(reader.contexts), new ChangeFeed(writer.contexts)];
    for (const feed of feeds) await feed.read();
    const { id } = await addRecording(reader, { title: 'Mine' });
    await reader.recordings.amend(id, { title: 'Mine still' });
    const [own, other] = await Promise.all(feeds.map((feed) => feed.read()));
    expect(own).toEqual([]);
    expect(shown(other ?? [])).toEqual(['added Mine still']);
    const claimed = someRecording();
    await writer.recordings.claim(claimed, { isDeduplicated: true });
    await writer.recordings.abandonClaim(claimed.id);
    const { storedFilename, checksum } = (await writer.recordings.find(id)) ?? claimed;
    const found = { result: 'ok', expected: checksum, found: checksum, message: null } as const;
    await writer.verification.enter([
      { id, storedFilename, ...found, checkedAt: '2026-11-23T00:00:00.000Z' },
    ]);
    expect((await reader.recordings.find(id))?.lastVerifiedAt).not.toBeNull();
    expect(await feeds[0]?.read()).toEqual([]);
  });

  it('are told also where a session that began early ends late', async () => {
    await using both = await openBoth();
    const { writer, reader } = both;
    const feed = new ChangeFeed(reader.contexts);
    const early = await addRecording(writer, { title: 'Early' });
    await feed.read();
    const held = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const late = writer.contexts.withSession({ name: 'slow' }, async (db) => {
      await db
        .updateTable('recordings')
        .set({ version: 2, title: 'Late' })
        .where('id', '=', early.id)
        .execute();
      began.resolve();
      await held.promise;
    });
    await began.promise;
    await addRecording(writer, { title: 'Quick' });
    expect(shown(await feed.read())).toEqual(['added Quick']);
    held.resolve();
    await late;
    expect(shown(await feed.read())).toEqual(['changed Late']);
    expect(await feed.read()).toEqual([]);
  });

  it('are not noted where nobody shares the catalogue', async () => {
    await using both = await openBoth();
    const { writer, reader } = both;
    await writer.contexts.withSession({}, (db) => db.updateTable('stores').set({ is_shared: 0 }).execute());
    const feed = new ChangeFeed(reader.contexts);
    await feed.read();
    await addRecording(writer);
    expect(await feed.read()).toEqual([]);
  });

  it('count as everything when there are many, or when they were not read for long', async () => {
    await using both = await openBoth();
    const { writer, reader } = both;
    let nowMs = 0;
    const feed = new ChangeFeed(reader.contexts, () => nowMs);
    await feed.read();
    await addRecording(writer);
    nowMs += 11 * 60_000;
    expect(await feed.read()).toBe('everything');
    expect(await feed.read()).toEqual([]);
    await writer.contexts.withSession({}, (db) =>
      sql`INSERT INTO recording_changes (recording_id, store_id, kind)
        SELECT n::text, '', 'changed' FROM generate_series(1, 501) AS n`.execute(db),
    );
    expect(await feed.read()).toBe('everything');
    expect(await feed.read()).toEqual([]);
  });

  it('count as everything once after a crash of the database, and are told one by one from then on', async () => {
    const server = await startPostgres({ isDurable: true });
    try {
      const open = () => scratchCatalogue({ postgres: server.settings }, undefined);
      await using writer = await open();
      await using reader = await open();
      await shareCatalogue(writer);
      const feed = new ChangeFeed(reader.contexts);
      await feed.read();
      await addRecording(writer, { title: 'Before the crash' });
      await server.kill();
      await server.restart();
      expect(await feed.read()).toBe('everything');
      await addRecording(writer, { title: 'After it' });
      expect(shown(await feed.read())).toEqual(['added After it']);
    } finally {
      await server.stop();
    }
  });

  it('are forgotten after a while', async () => {
    await using both = await openBoth();
    const { writer, reader } = both;
    await addRecording(writer);
    const count = () =>
      reader.contexts.withSession(
        { readonly: true },
        async (db) => (await db.selectFrom('recording_changes').selectAll().execute()).length,
      );
    expect(await count()).toBe(1);
    await writer.contexts.withSession({}, (db) =>
      sql`UPDATE recording_changes SET changed_at = now() - interval '16 minutes'`.execute(db),
    );
    await new ChangeFeed(reader.contexts).forget();
    expect(await count()).toBe(0);
  });
});
