import type { Registry } from 'prom-client';
import type { VoiceRecorder } from '../voice-recorder.ts';
import { addCounter, addGauge, DurationHistogram } from './sampled.ts';

const BREAKER_STATES = ['closed', 'half-open', 'open'];

/** The sessions of the store's database. */
export function addSessionMetrics(
  registry: Registry,
  { contextManager }: Pick<VoiceRecorder, 'contextManager'>,
): void {
  const now = () => contextManager.getSessionMetrics();
  const counter = (name: string, help: string, read: () => number) =>
    addCounter(registry, { name, help, read: () => [{ value: read() }] });
  counter('vrp_database_sessions_total', 'Sessions that were begun.', () => now().totalSessions);
  counter(
    'vrp_database_sessions_failed_total',
    'Sessions that rejected, for whatever reason; those that a breaker refused are among them.',
    () => now().failedSessions,
  );
  counter(
    'vrp_database_sessions_retried_total',
    'How often a session had to begin again.',
    () => now().retriedSessions,
  );
  counter(
    'vrp_database_sessions_rolled_back_total',
    'Sessions whose rows were undone.',
    () => now().rolledBackSessions,
  );
  addGauge(registry, {
    name: 'vrp_database_sessions_active',
    help: 'Sessions that are open or wait for their turn now.',
    read: () => [{ value: now().activeSessions }],
  });
  addGauge(registry, {
    name: 'vrp_database_longest_session_seconds',
    help: 'Age of the session that has been open longest; 0 without any.',
    read: () => [{ value: (now().longestActive?.ageMs ?? 0) / 1000 }],
  });
  addGauge(registry, {
    name: 'vrp_database_breaker_state',
    help: '1 for the state that the circuit breaker for this mode is in, 0 for the others.',
    labels: ['mode', 'state'],
    read: () => {
      const { reads, writes } = now().breaker;
      return [...Object.entries({ read: reads, write: writes })].flatMap(([mode, current]) =>
        BREAKER_STATES.map((state) => ({ labels: { mode, state }, value: state === current ? 1 : 0 })),
      );
    },
  });
  new DurationHistogram(registry, {
    name: 'vrp_database_session_duration_seconds',
    help: 'From the call to the answer, waiting and committing included; a write ends on stable storage.',
    labels: ['mode'],
    read: () => {
      const { reads, writes } = contextManager.getSessionDurations();
      return [
        { labels: { mode: 'read' }, durations: reads },
        { labels: { mode: 'write' }, durations: writes },
      ];
    },
  });
}
