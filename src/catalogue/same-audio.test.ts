import { describe, expect, it } from 'vitest';
import { addRecording, scratchCatalogue } from '../../test/scratch-catalogue.ts';
import { NO_STORE } from '../sessions/at-home.ts';
import { readSameAudio } from './same-audio.ts';

const SOUND = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

describe('files with the same audio', () => {
  it('are those after the oldest one: files of the library only, and only where the audio is known', async () => {
    await using catalogue = await scratchCatalogue();
    const at = (minute: number) => `2026-11-22T10:0${minute}:00.000Z`;
    const audio = { audioChecksum: SOUND, audioChecksumMethod: 'packets-v1' };
    await addRecording(catalogue, { ...audio, title: 'oldest', createdAt: at(1) });
    const second = await addRecording(catalogue, { ...audio, title: 'second', createdAt: at(2) });
    const third = await addRecording(catalogue, { ...audio, title: 'third', createdAt: at(3) });
    await addRecording(catalogue, { ...audio, kind: 'take', title: 'a take', createdAt: at(4) });
    await addRecording(catalogue, { ...audio, audioChecksum: OTHER, createdAt: at(5) });
    await addRecording(catalogue, { createdAt: at(6) });
    await addRecording(catalogue, { createdAt: at(7) });
    const read = () =>
      catalogue.contexts.withSession({ readonly: true }, (db) => readSameAudio(db, NO_STORE));
    expect(await read()).toEqual([
      { id: second.id, name: 'second', bytes: 1000 },
      { id: third.id, name: 'third', bytes: 1000 },
    ]);
    await catalogue.recordings.trash(second.id);
    expect((await read()).map(({ id }) => id)).toEqual([third.id]);
  });
});
