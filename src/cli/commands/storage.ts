import type { Command } from 'commander';
import { formatBytes, formatSpan } from '../../model/format.ts';
import { PRESETS } from '../../model/preset.ts';
import type { StorageReport } from '../../voice-recorder.ts';
import type { Cli } from '../cli.ts';
import { withLibrary } from '../library-door.ts';
import type { Output } from '../output.ts';
import { tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';

const EXAMPLES = `
Example:
  vrp storage                       what "vrp cleanup" could let go is named at the end

With --json: {"freeBytes", "totalBytes", "minutesLeft": {"voice": 1234, …}, "byKind": {"originals": {"count", "bytes"}, …},
"growth", "forecast", "recommendations", …}.`;

export function register(program: Command, cli: Cli): void {
  program
    .command('storage')
    .description(
      'Show how much is kept and of what kind, how many minutes still fit, when the disk will be full, and what could go.',
    )
    .addHelpText('after', EXAMPLES)
    .action(() => showStorage(cli));
}

async function showStorage(cli: Cli): Promise<void> {
  const { output } = cli;
  const report = await withLibrary(cli, (door) => door.store.storageReport({ isThorough: true }));
  if (output.isJson) output.document(report);
  else print(output, report);
}

const KINDS: Readonly<Record<string, string>> = {
  originals: 'originals',
  edited: 'edited recordings',
  trash: 'trash',
  derived: 'derived files (can be made again)',
  spool: 'uploads under way',
  quarantine: 'quarantine',
  backup: 'snapshots of the catalogue',
  database: 'catalogue',
  reserve: 'reserve for emergencies',
};

function print(output: Output, report: StorageReport): void {
  const { freeBytes, totalBytes, freeInodes, reservedBytes, minutesLeft, byKind, forecast } = report;
  output.line(
    `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free at ${printable(report.dataDir)}`,
  );
  if (reservedBytes > 0)
    output.line(`${formatBytes(reservedBytes)} of them are promised to uploads under way`);
  if (freeInodes !== null) output.line(`Room for ${freeInodes.toLocaleString('en-US')} more files`);
  output.line('');
  const kinds = Object.entries(byKind).map(([kind, { count, bytes }]) => ({ kind, count, bytes }));
  const number = (value: number) => value.toLocaleString('en-US');
  const kept = tableLines(
    [
      { title: 'Kept', text: ({ kind }) => KINDS[kind] ?? kind },
      { title: 'Files', text: ({ count }) => number(count), align: 'right' },
      { title: 'Size', text: ({ bytes }) => formatBytes(bytes), align: 'right' },
    ],
    kinds,
    output.columns,
  );
  for (const line of kept) output.line(line);
  output.line('');
  const fits = tableLines(
    [
      { title: 'Still fits', text: ({ name }) => name },
      { title: '', text: ({ id }) => formatSpan((minutesLeft[id] ?? 0) * 60), align: 'right' },
    ],
    PRESETS,
    output.columns,
  );
  for (const line of fits) output.line(line);
  output.line('');
  output.line(forecastText(forecast));
  const refused = refusedText(report);
  if (refused !== undefined) output.line(output.paint('yellow', refused));
  for (const { kind, freesBytes, message } of report.recommendations ?? [])
    output.line(`"vrp cleanup ${kind}" could free ${formatBytes(freesBytes)}: ${printable(message)}`);
}

function forecastText(forecast: StorageReport['forecast']): string {
  if (forecast === null)
    return 'When the disk will be full cannot be told: too little came in during the last weeks.';
  const { bytesPerDay, basedOnDays, fullOn } = forecast;
  const rate = `${formatBytes(bytesPerDay)} a day came in during the last ${basedOnDays} days`;
  return fullOn === null
    ? `${rate}: there is room for more than ten years of that.`
    : `${rate}: at that rate the room is used up on ${fullOn}.`;
}

function refusedText({ acceptance }: StorageReport): string | undefined {
  if (!acceptance.takes)
    return 'Room is so scarce that no new take is begun; what is being recorded goes on.';
  if (!acceptance.imports) return 'Room is scarce: imports are refused, new takes are not.';
  if (!acceptance.derived) return 'Room gets scarce: no peaks and renditions are made any more.';
  return undefined;
}
