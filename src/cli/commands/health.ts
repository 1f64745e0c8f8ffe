import type { Command } from 'commander';
import type { CheckStatus, HealthCheckResult, HealthReport, HealthStatus } from '../../model/health.ts';
import type { Cli } from '../cli.ts';
import { lookAtHealth } from '../health-look.ts';
import { type LibraryDoor, withLibrary } from '../library-door.ts';
import { openLiveLines } from '../live-lines.ts';
import type { Output, Style } from '../output.ts';
import { pause } from '../pause.ts';
import { tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';

const EXAMPLES = `
Examples:
  vrp health                        every check, asked now
  vrp health --watch                the same again and again until Ctrl-C

Exit code 0 when all is well, 1 when not. With --json: {"status": "healthy"|"degraded"|"failing", "checks": [{"name",
"status": "pass"|"warn"|"fail"|"unknown", "severity", "value", "threshold", "unit", "message", "remedy", …}]};
with --watch a line of JSON for each look.`;

const LOOK_EVERY_MS = 2_000;

export function register(program: Command, cli: Cli): void {
  program
    .command('health')
    .description(
      'Say how the store and the server are, check by check, and what to do about what is not well.',
    )
    .option('-w, --watch', 'look again and again until Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action(({ watch = false }: { readonly watch?: boolean }) =>
      watch ? watchHealth(cli) : showHealth(cli),
    );
}

async function showHealth(cli: Cli): Promise<void> {
  const { output } = cli;
  const report = await lookAtHealth(cli);
  if (output.isJson) output.document(report);
  else for (const line of reportLines(output, report)) output.line(line);
  if (report.status !== 'healthy') cli.markFailed();
}

async function watchHealth(cli: Cli): Promise<void> {
  const { output } = cli;
  const live = process.stdout.isTTY && !output.isJson ? openLiveLines(process.stdout) : undefined;
  let last: HealthStatus = 'healthy';
  await withLibrary(cli, async (door: LibraryDoor) => {
    do {
      const report = await door.store.healthReport();
      last = report.status;
      if (output.isJson) output.jsonLine(report);
      // Lines that are longer than the terminal is wide could not be shown in their place.
      else if (live) live.show(headLines(output, report));
      else for (const line of reportLines(output, report)) output.line(line);
    } while (!output.isClosed && (await pause(LOOK_EVERY_MS, cli.interruption)));
  });
  if (last !== 'healthy') cli.markFailed();
}

const STYLE_OF: Readonly<Record<CheckStatus | HealthStatus, Style>> = {
  pass: 'green',
  healthy: 'green',
  warn: 'yellow',
  degraded: 'yellow',
  unknown: 'yellow',
  fail: 'red',
  failing: 'red',
};
const ORDER: readonly CheckStatus[] = ['fail', 'unknown', 'warn', 'pass'];

const byUrgency = (checks: readonly HealthCheckResult[]) =>
  checks.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));

function headLines(output: Output, { status, checks }: HealthReport): string[] {
  const sorted = byUrgency(checks);
  const [heading = '', ...rows] = tableLines(
    [
      { title: 'Check', text: ({ name }) => name },
      { title: 'Status', text: (check) => check.status },
      { title: 'Found', text: ({ message }) => printable(message), isFlexible: true },
    ],
    sorted,
    output.columns,
  );
  const coloured = rows.map((row, index) => {
    const word = sorted[index]?.status ?? 'unknown';
    return row.replace(` ${word}`, ` ${output.paint(STYLE_OF[word], word)}`);
  });
  return [output.paint(STYLE_OF[status], status), '', output.paint('bold', heading), ...coloured];
}

/** What is not well first, and what to do about it in full. */
function reportLines(output: Output, report: HealthReport): string[] {
  const unwell = byUrgency(report.checks).filter(({ status }) => status !== 'pass');
  return [
    ...headLines(output, report),
    ...unwell.flatMap(({ name, message, remedy }) => [
      '',
      `${name}: ${printable(message)}`,
      ...(remedy === null ? [] : [`  ${printable(remedy)}`]),
    ]),
  ];
}
