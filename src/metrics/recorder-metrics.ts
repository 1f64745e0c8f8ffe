import type { Registry } from 'prom-client';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { addCounter, addGauge, type Sample } from './sampled.ts';

/** What the store counted since it was opened: what came in, was read again, and was done by media processes. */
export function addRecorderMetrics(registry: Registry, recorder: Pick<VoiceRecorder, 'figures'>): void {
  const now = () => recorder.figures();
  addGauge(registry, {
    name: 'vrp_store_opened_timestamp_seconds',
    help: 'When the store was opened, in seconds since 1970.',
    read: () => [{ value: Date.parse(now().openedAt) / 1000 }],
  });
  addCounter(registry, {
    name: 'vrp_recordings_added_total',
    help: 'Recordings that came in, by kind: take, file or edit.',
    labels: ['kind'],
    read: () => samplesBy('kind', now().added),
  });
  addCounter(registry, {
    name: 'vrp_upload_acknowledged_bytes_total',
    help: 'Bytes of uploads that are on stable storage, by what they are to become.',
    labels: ['kind'],
    read: () => samplesBy('kind', now().acknowledgedBytes),
  });
  addGauge(registry, {
    name: 'vrp_uploads_arriving',
    help: 'Uploads of which a byte came within the last ten seconds; those of the kind take are live takes.',
    labels: ['kind'],
    read: () => samplesBy('kind', now().arriving),
  });
  addCounter(registry, {
    name: 'vrp_verification_checks_total',
    help: 'Originals that were read again from their first byte to their last, by what was found.',
    labels: ['result'],
    read: () => samplesBy('result', now().checked),
  });
  addCounter(registry, {
    name: 'vrp_verification_read_bytes_total',
    help: 'Bytes of originals that were read again.',
    read: () => [{ value: now().checkedBytes }],
  });
  addMediaMetrics(registry, recorder);
}

function addMediaMetrics(registry: Registry, recorder: Pick<VoiceRecorder, 'figures'>): void {
  const media = () => Object.entries(recorder.figures().media);
  addCounter(registry, {
    name: 'vrp_media_processes_started_total',
    help: 'Media processes that were started; an idle one is ended, and started again when it is needed.',
    labels: ['work'],
    read: () => media().map(([work, { started }]) => ({ labels: { work }, value: started })),
  });
  addCounter(registry, {
    name: 'vrp_media_processes_lost_total',
    help: 'Media processes that crashed in mid-work or were ended for their memory or time, by reason.',
    labels: ['work', 'reason'],
    read: () =>
      media().flatMap(([work, { crashed, overMemory, overTime }]) =>
        Object.entries({ crash: crashed, memory: overMemory, time: overTime }).map(([reason, value]) => ({
          labels: { work, reason },
          value,
        })),
      ),
  });
}

/** A sample for each name, under the label `label`. */
export function samplesBy(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
