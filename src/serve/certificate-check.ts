import type { HealthCheck } from '../health/health-check.ts';
import { describeTls, type TlsFiles } from './tls-files.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const SOON_DAYS = 14;
const VERY_SOON_DAYS = 2;

/** The certificate that new connections get does not run out. */
export function certificateCheck(inUse: () => TlsFiles, nowMs: () => number = Date.now): HealthCheck {
  return {
    name: 'certificate',
    severity: 'major',
    unit: 'days',
    run() {
      const { validTo, warning } = describeTls(inUse(), nowMs());
      const value = Math.floor(((validTo.getTime() - nowMs()) / DAY_MS) * 10) / 10;
      if (warning === undefined)
        return {
          status: 'pass',
          value,
          threshold: SOON_DAYS,
          message: `The TLS certificate is valid for ${Math.floor(value)} more days.`,
        };
      return {
        status: value < VERY_SOON_DAYS ? 'fail' : 'warn',
        value,
        threshold: SOON_DAYS,
        message: warning,
        remedy: 'Renew it in its place: the server takes new files without a restart.',
      };
    },
  };
}
