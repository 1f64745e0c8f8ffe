import { OWNER_NAME } from '../src/model/access.ts';
import { resolveAmendment } from '../src/model/amendment.ts';
import { VoiceRecorderError } from '../src/model/failure.ts';
import { changedSince, differenceOf, type HistoryEntry } from '../src/model/history.ts';
import type { Recording, RecordingAmendment } from '../src/model/recording.ts';
import type { Library } from '../src/voice-recorder.ts';

const NOW = '2026-11-22T21:32:05.000Z';

type Changes = Pick<
  Library,
  | 'collections'
  | 'amend'
  | 'trash'
  | 'restore'
  | 'amendAll'
  | 'renameCollection'
  | 'removeCollection'
  | 'history'
  | 'undo'
>;

/** What people change in a library on plain maps, with its history. `need` finds a recording, or throws. */
export function memoryChanges(
  recordings: Map<string, Recording>,
  need: (id: string, version?: number) => Recording,
): Changes {
  const histories = new Map<string, readonly HistoryEntry[]>();
  const change = (
    recording: Recording,
    fields: Partial<Recording>,
    by = OWNER_NAME,
    undoes: number | null = null,
  ): Recording => {
    const changed = { ...recording, ...fields, version: recording.version + 1 };
    recordings.set(recording.id, changed);
    const difference = differenceOf(recording, changed);
    const { id, version } = changed;
    const entry = difference && { version, changedAt: NOW, by, undoes, ...difference };
    histories.set(id, [...(entry ? [entry] : []), ...(histories.get(id) ?? [])]);
    return changed;
  };
  const amend = (recording: Recording, amendment: RecordingAmendment, by?: string, undoes?: number) =>
    change(recording, resolveAmendment(recording, amendment), by, undoes);
  const changeCollection = async (name: string, to: readonly string[], by?: string): Promise<number> => {
    const members = [...recordings.values()].filter(({ collections }) => collections.includes(name));
    if (members.length === 0)
      throw new VoiceRecorderError('collection-unknown', `There is no collection named ${name}.`);
    for (const member of members) amend(member, { removeCollections: [name], addCollections: to }, by);
    return members.length;
  };
  return {
    collections: async () => {
      const names = [...recordings.values()].flatMap(({ collections }) => collections);
      const counts = Map.groupBy(names, (name) => name);
      return [...counts].map(([collection, all]) => ({ collection, count: all.length }));
    },
    amend: async (id, amendment, version, by) => amend(need(id, version), amendment, by),
    trash: async (id, version, by) => change(need(id, version), { status: 'trashed', trashedAt: NOW }, by),
    restore: async (id, by) => change(need(id), { status: 'active', trashedAt: null }, by),
    amendAll: async (targets, amendment, by) =>
      targets
        .map(({ id, expectedVersion }) => need(id, expectedVersion))
        .map((recording) => amend(recording, amendment, by)),
    renameCollection: (name, to, by) => changeCollection(name, [to], by),
    removeCollection: (name, by) => changeCollection(name, [], by),
    history: async (id) => {
      need(id);
      return { items: histories.get(id) ?? [], nextCursor: null };
    },
    undo: async (id, version, expected, by) => {
      const recording = need(id, expected);
      const entry = histories.get(id)?.find((one) => one.version === version);
      if (!entry) throw new VoiceRecorderError('amendment-unknown', `Nothing made version ${version}.`);
      if (changedSince(entry, recording).length > 0)
        throw new VoiceRecorderError('undo-conflict', 'It was changed again.');
      const { isTrashed, ...fields } = entry.before;
      if (isTrashed === undefined) return amend(recording, fields, by, version);
      return change(recording, { status: isTrashed ? 'trashed' : 'active' }, by, version);
    },
  };
}
