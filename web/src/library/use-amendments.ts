import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { RecordingAmendment } from '../../../src/model/recording.ts';
import { ApiError, messageOf } from '../api/http.ts';
import { KEYS } from '../api/queries.ts';
import { STRINGS } from '../strings.ts';
import { useDelayed } from '../ui/debounce.ts';
import { useToast } from '../ui/toasts.tsx';
import {
  conflictsOf,
  type Details,
  type EditableField,
  isEmptyAmendment,
  withoutSent,
} from './amendment-conflict.ts';

const SAVE_AFTER_MS = 700;

/** What a person edits: a recording, or a take with all its segments. */
export interface Subject<Kept extends Details = Details> {
  /** As the server has it now. */
  readonly kept: Kept;
  /** Against the version of `base`; rejects with status 412 when that is no longer the one. */
  amend(amendment: Pick<RecordingAmendment, EditableField>, base: Kept): Promise<Kept>;
  fetch(): Promise<Kept>;
  /** Shows everywhere what the server answered. */
  remember(answer: Kept): void;
}

export interface Conflict {
  readonly theirs: Details;
  readonly mine: RecordingAmendment;
  readonly fields: readonly EditableField[];
}

export interface Amendments {
  /** What a person changed and the server does not have yet, over what it has. */
  readonly shown: Details;
  readonly state: 'saved' | 'waiting' | 'saving' | 'failed';
  readonly problem: string | null;
  readonly conflict: Conflict | null;
  edit(amendment: RecordingAmendment): void;
  /** Saves what waits, now. */
  flush(): void;
  /** Fields not named take what was changed elsewhere. */
  resolve(keepMine: ReadonlySet<EditableField>): void;
}

/**
 * Saves changes as they are made, one PATCH at a time, each against the version it was made on. A change elsewhere
 * that touches other fields is taken in silently; one that touches the same field is put to the person.
 */
export function useAmendments<Kept extends Details>(subject: Subject<Kept>): Amendments {
  const { kept } = subject;
  const queries = useQueryClient();
  const toast = useToast();
  const [draft, setDraft] = useState<RecordingAmendment>({});
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const held = useRef({
    base: kept,
    pending: {} as RecordingAmendment,
    isSaving: false,
    isStopped: false,
    isShown: true,
  });
  const saveSoon = useDelayed(() => void save(), SAVE_AFTER_MS);

  useEffect(() => {
    const { pending, isSaving: isBusy } = held.current;
    if (isEmptyAmendment(pending) && !isBusy) held.current.base = kept;
  }, [kept]);
  useEffect(() => {
    held.current.isShown = true;
    return () => {
      held.current.isShown = false;
    };
  }, []);

  async function save(): Promise<void> {
    const state = held.current;
    if (state.isSaving || state.isStopped) return;
    state.isSaving = true;
    setSaving(true);
    setProblem(null);
    try {
      while (!isEmptyAmendment(state.pending) && !state.isStopped) await saveOnce();
    } catch (error) {
      setProblem(messageOf(error));
      if (!state.isShown) toast({ kind: 'error', message: STRINGS.detail.saveFailed(messageOf(error)) });
    } finally {
      state.isSaving = false;
      setSaving(false);
    }
  }

  async function saveOnce(): Promise<void> {
    const state = held.current;
    const sent = state.pending;
    try {
      const answer = await subject.amend(sent, state.base);
      state.base = answer;
      state.pending = withoutSent(state.pending, sent);
      subject.remember(answer);
      if (sent.tags) void queries.invalidateQueries({ queryKey: KEYS.tags });
      if (sent.collections) void queries.invalidateQueries({ queryKey: KEYS.collections });
      setDraft(state.pending);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const theirs = await subject.fetch();
      const fields = conflictsOf(state.base, sent, theirs);
      state.base = theirs;
      subject.remember(theirs);
      if (fields.length === 0) return;
      state.isStopped = true;
      setConflict({ theirs, mine: sent, fields });
    }
  }

  return {
    shown: {
      title: draft.title ?? kept.title,
      tags: draft.tags ?? kept.tags,
      notes: draft.notes ?? kept.notes,
      collections: draft.collections ?? kept.collections,
    },
    state: isSaving ? 'saving' : problem !== null ? 'failed' : isEmptyAmendment(draft) ? 'saved' : 'waiting',
    problem,
    conflict,
    edit(amendment) {
      held.current.pending = { ...held.current.pending, ...amendment };
      setDraft(held.current.pending);
      saveSoon(undefined);
    },
    flush: () => saveSoon.flush(),
    resolve(keepMine) {
      const pending = { ...held.current.pending };
      for (const field of conflict?.fields ?? []) if (!keepMine.has(field)) delete pending[field];
      held.current.pending = pending;
      held.current.isStopped = false;
      setDraft(pending);
      setConflict(null);
      void save();
    },
  };
}
