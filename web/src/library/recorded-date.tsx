import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import type { Recording } from '../../../src/model/recording.ts';
import { ApiError, messageOf } from '../api/http.ts';
import { rememberRecording } from '../api/queries.ts';
import { amendRecording, fetchRecording } from '../api/recordings.ts';
import { formatDateTime, localMinute } from '../format/date.ts';
import { STRINGS } from '../strings.ts';

const words = STRINGS.detail;

/** When it was recorded, as far as anybody knows; a person may know better. */
export function RecordedDate({ recording }: { readonly recording: Recording }) {
  const { recordedAt, recordedAtSource } = recording;
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    // The button is there again.
    if (wasOpen.current && !isOpen) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  if (isOpen) return <DateForm recording={recording} onClose={() => setOpen(false)} />;
  return (
    <span className="flex flex-wrap items-baseline gap-x-3">
      <span>{recordedAt === null ? words.recordedUnknown : formatDateTime(recordedAt)}</span>
      {recordedAtSource === 'person' ? <span className="text-ink-soft">{words.recordedByPerson}</span> : null}
      <button
        ref={opener}
        type="button"
        className="text-petrol underline"
        aria-label={words.changeRecordedLabel}
        onClick={() => setOpen(true)}
      >
        {words.changeRecorded}
      </button>
    </span>
  );
}

function DateForm({ recording, onClose }: { readonly recording: Recording; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const inputId = useId();
  const [value, setValue] = useState(recording.recordedAt === null ? '' : localMinute(recording.recordedAt));
  const [problem, setProblem] = useState<string>();

  async function keep(recordedAt: string | null): Promise<void> {
    try {
      rememberRecording(queries, await amendDate(recording, recordedAt));
      onClose();
    } catch (error) {
      setProblem(words.saveFailed(messageOf(error)));
    }
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (value !== '') void keep(new Date(value).toISOString());
  }

  return (
    <form className="flex flex-wrap items-center gap-2" onSubmit={onSubmit}>
      <label htmlFor={inputId} className="sr-only">
        {words.recorded}
      </label>
      <input
        id={inputId}
        type="datetime-local"
        className="field w-auto"
        value={value}
        required
        // biome-ignore lint/a11y/noAutofocus: whoever pressed the button that stood here wants to write here
        autoFocus
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
        }}
      />
      <button type="submit" className="button">
        {words.keepRecorded}
      </button>
      {recording.recordedAt === null ? null : (
        <button type="button" className="button" onClick={() => void keep(null)}>
          {words.recordedUnknown}
        </button>
      )}
      <button type="button" className="button button-plain" onClick={onClose}>
        {STRINGS.app.cancel}
      </button>
      <span role="alert" className="basis-full text-record">
        {problem}
      </span>
    </form>
  );
}

/** What others changed meanwhile stays, unless it is this very date: then nobody's word is lost unseen. */
async function amendDate(shown: Recording, recordedAt: string | null): Promise<Recording> {
  try {
    return await amendRecording(shown.id, { recordedAt }, shown.version);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 412) throw error;
    const now = await fetchRecording(shown.id);
    if (now.recordedAt !== shown.recordedAt) throw error;
    return await amendRecording(shown.id, { recordedAt }, now.version);
  }
}
