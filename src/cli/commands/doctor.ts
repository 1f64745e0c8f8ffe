import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { Cli } from '../cli.ts';
import { collectDoctorReport, type DoctorReport } from '../doctor-report.ts';

const EXAMPLES = `
Examples:
  vrp doctor                        writes vrp-doctor-<time>.json into this folder
  vrp doctor --output report.json
  vrp doctor --json | less          to look at it only

It works beside a running server, without one, and with a store that cannot be opened. Passwords, tokens, titles, notes
and names of audio files are left out; addresses of folders are in it. Read it before you give it to anybody.`;

export function register(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description(
      'Collect versions, settings without secrets, the health report and the newest lines of the log in one file, to be ' +
        'attached to the report of a bug.',
    )
    .option('-o, --output <file>', 'where to write it; a file that is there already is left as it is')
    .addHelpText('after', EXAMPLES)
    .action(async ({ output: file }: { readonly output?: string }) => {
      const report = await collectDoctorReport(cli);
      if (cli.output.isJson && file === undefined) return cli.output.document(report);
      const path = resolve(file ?? `vrp-doctor-${report.createdAt.replace(/[-:]|\.\d+/g, '')}.json`);
      await writeNew(path, report);
      if (cli.output.isJson) cli.output.document({ file: path });
      else cli.output.line(`Written: ${path}. Read it before you give it to anybody.`);
    });
}

async function writeNew(path: string, report: DoctorReport): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(report, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VoiceRecorderError('report-not-written', `The report cannot be written: ${reason}`, { cause });
  }
}
