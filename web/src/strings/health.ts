import type { CheckStatus, HealthStatus } from '../../../src/model/health.ts';

export const health = {
  heading: 'Health',
  loading: 'Asking the server how it is…',
  failed: 'The server did not say how it is.',
  again: 'Ask again now',
  whole: {
    healthy: 'All is well',
    degraded: 'Something is not as it should be',
    failing: 'Recordings are refused or in danger',
  } as Readonly<Record<HealthStatus, string>>,
  checkedAt: (time: string) => `Last looked at ${time}.`,
  unwell: 'Not well',
  well: (count: number) => `${count} checks found nothing`,
  status: { pass: 'well', warn: 'warns', fail: 'fails', unknown: 'gave no answer' } as Readonly<
    Record<CheckStatus, string>
  >,
  since: (time: string) => `since ${time}`,
  alerts: 'Alerts',
  noAlerts: 'There were no alerts in the last 90 days.',
  firing: 'Now',
  ended: (time: string) => `ended ${time}`,
  returns: (count: number) => `came back ${count} ${count === 1 ? 'time' : 'times'}`,
  seenTo: (name: string) => `${name} sees to it`,
  silenced: 'silenced',
  acknowledge: 'I see to it',
  end: 'End it',
  silence: 'Silence for an hour',
  unsilence: 'End the silence',
  refused: 'That did not work: ',
  count: (count: number) => `${count} ${count === 1 ? 'alert' : 'alerts'}`,
} as const;
