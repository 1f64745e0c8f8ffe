import { counted, formatBytes } from '../model/format.ts';
import type { FaultKind } from './fault-plan.ts';
import type { Loss, LossKind } from './ledger.ts';

/** What a run found; the document of `vrp crashtest --json`. */
export interface CrashReport {
  /** Makes the same plan again. */
  readonly seed: number;
  readonly startedAt: string;
  /** How long faults were made. */
  readonly seconds: number;
  readonly isInterrupted: boolean;
  readonly acknowledgedBytes: number;
  readonly lostBytes: number;
  readonly uploads: number;
  readonly imports: number;
  readonly amendments: number;
  readonly recordings: number;
  /** First parts of files whose import was killed, kept as "Recovered". */
  readonly recoveredCount: number;
  /** Uploads whose sender was killed or never heard of their id; they wait in the spool. */
  readonly unfinishedCount: number;
  /** By kind of promise that was not kept; all 0 when nothing was lost. */
  readonly lossCounts: Readonly<Record<LossKind, number>>;
  /** At most the first hundred. */
  readonly losses: readonly Loss[];
  readonly faults: Readonly<FaultCounts>;
  /** Longest time from a restart until the server answered again. */
  readonly slowestRecoverySeconds: number;
  /** One sentence for each thing that was not tried here. */
  readonly leftOut: readonly string[];
  /** The folder that was kept; null when everything was removed. */
  readonly folder: string | null;
  readonly verdict: string;
}

/** How often each fault was made. */
export type FaultCounts = Partial<Record<FaultKind | 'disk-full', number>>;

/** A death while starting comes after another one. */
const KILLS = ['kill-server', 'kill-start', 'kill-start', 'kill-media', 'kill-import'] as const;
const LOSSES_TOLD = 100;

export type Findings = Omit<CrashReport, 'lossCounts' | 'lostBytes' | 'verdict'>;

export function makeReport(findings: Findings): CrashReport {
  const { losses } = findings;
  const lostBytes = losses.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    ...findings,
    losses: losses.slice(0, LOSSES_TOLD),
    lostBytes,
    lossCounts: countLosses(losses),
    verdict: verdictOn(findings, lostBytes),
  };
}

function countLosses(losses: readonly Loss[]): Record<LossKind, number> {
  const counts: Record<LossKind, number> = {
    'lost-bytes': 0,
    'differing-bytes': 0,
    unreadable: 0,
    duplicate: 0,
    orphan: 0,
    'amendment-lost': 0,
    sidecar: 0,
    spool: 0,
    refused: 0,
    server: 0,
  };
  for (const { kind } of losses) counts[kind]++;
  return counts;
}

function verdictOn(findings: Findings, lostBytes: number): string {
  const { losses, acknowledgedBytes, faults, folder } = findings;
  const kills = KILLS.reduce((sum, kind) => sum + (faults[kind] ?? 0), 0);
  const through = counted(kills, 'kill');
  if (losses.length === 0) {
    return acknowledgedBytes === 0
      ? 'Nothing was acknowledged, so that nothing could be lost: let it run for longer.'
      : `Nothing of ${formatBytes(acknowledgedBytes)} acknowledged was lost through ${through}.`;
  }
  const broken = counted(losses.length, 'promise was not kept', 'promises were not kept');
  const evidence = folder === null ? '' : ` The evidence lies in ${folder}.`;
  return `${broken}, ${formatBytes(lostBytes)} of ${formatBytes(acknowledgedBytes)} acknowledged lost, through ${through}.${evidence}`;
}
