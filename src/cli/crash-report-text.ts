import type { CrashReport } from '../crashtest/crash-report.ts';
import type { LossKind } from '../crashtest/ledger.ts';
import { formatBytes, formatSpan } from '../model/format.ts';
import type { Output } from './output.ts';
import { factLines } from './recording-text.ts';
import { printable } from './terminal-text.ts';

const LOSSES_SHOWN = 20;

const FAULT_WORDS: Readonly<Record<string, string>> = {
  'kill-server': 'server killed',
  'kill-start': 'server killed, and again while it started',
  'kill-media': 'media process killed',
  'kill-import': 'import killed',
  'restart-server': 'server restarted',
  'freeze-server': 'server frozen',
  'network-drop': 'connections dropped',
  'network-cut': 'connection cut after some bytes',
  'network-delay': 'network slow',
  'network-swallow': 'answers swallowed',
  'network-refuse': 'connections refused',
  'disk-full': 'disk filled',
};

/** What a run found, for people. */
export function crashReportLines(report: CrashReport, output: Pick<Output, 'paint'>): string[] {
  const { lossCounts } = report;
  const of = (...kinds: LossKind[]) => String(kinds.reduce((sum, kind) => sum + lossCounts[kind], 0));
  const facts: [string, string][] = [
    ['Acknowledged', `${formatBytes(report.acknowledgedBytes)} (${report.acknowledgedBytes} bytes)`],
    [
      '  in',
      `${report.uploads} uploads and ${report.imports} imported files; ${report.recordings} recordings`,
    ],
    ['Lost', `${report.lostBytes} bytes`],
    ['Unreadable', of('unreadable')],
    ['Differing', of('differing-bytes', 'sidecar')],
    ['Twice there', of('duplicate')],
    ['Orphans', of('orphan', 'spool')],
    ['Amendments', `${lossCounts['amendment-lost']} lost of ${report.amendments}`],
    ['Wrongly refused', of('refused', 'server')],
    ['Slowest return', `${report.slowestRecoverySeconds.toFixed(1)} s from a restart until it answered`],
    ...faultFacts(report),
    ['Time', formatSpan(report.seconds)],
    ['Seed', String(report.seed)],
  ];
  if (report.recoveredCount + report.unfinishedCount > 0) {
    const left = `${report.recoveredCount} recovered, ${report.unfinishedCount} waiting in the spool (of killed imports)`;
    facts.splice(3, 0, ['Kept besides', left]);
  }
  const isGood = report.losses.length === 0 && report.acknowledgedBytes > 0;
  return [
    '',
    ...factLines(facts),
    ...report.leftOut.map((sentence) => `Left out: ${printable(sentence)}`),
    '',
    ...report.losses.slice(0, LOSSES_SHOWN).map(({ kind, message }) => `${printable(message)} [${kind}]`),
    ...(report.losses.length > LOSSES_SHOWN ? ['… and more; --json lists a hundred.'] : []),
    output.paint(isGood ? 'green' : 'red', printable(report.verdict)),
    ...(report.folder === null ? [] : [`Kept: ${printable(report.folder)}`]),
    `The same plan again: vrp crashtest --seed ${report.seed}`,
  ];
}

function faultFacts({ faults }: CrashReport): [string, string][] {
  const words = Object.entries(faults).map(([kind, count]) => `${count} x ${FAULT_WORDS[kind] ?? kind}`);
  if (words.length === 0) return [['Faults', 'none']];
  return words.map((text, index) => [index === 0 ? 'Faults' : '', text]);
}
