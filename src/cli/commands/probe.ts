import type { Command } from 'commander';
import { formatBytes } from '../../model/format.ts';
import type { Cli } from '../cli.ts';
import { audioText, durationText, factLines, localTime, loudnessText, shareText } from '../recording-text.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('probe')
    .description('Describe an audio file by its content. Nothing is imported, no library is needed.')
    .argument('<file>', 'the file')
    .option('--measure', 'decode all of it: checksum of the audio, loudness, silence')
    .addHelpText('after', EXAMPLES)
    .action((file: string, { measure = false }: { measure?: boolean }) => probe(cli, file, measure));
}

async function probe(cli: Cli, path: string, isMeasured: boolean): Promise<void> {
  const { output } = cli;
  const { probeFile } = await import('../../open.ts');
  const facts = await probeFile(path, { isMeasured });
  if (output.isJson) {
    output.document(facts);
    return;
  }
  const lines: [string, string | null][] = [
    ['File', facts.filename],
    ['Length', durationText(facts.duration)],
    ['Size', `${formatBytes(facts.filesizeBytes)} (${facts.filesizeBytes} bytes)`],
    ['Audio', audioText(facts)],
    ['Type', facts.mimeType],
    ['SHA-256', facts.checksum],
    ['Audio SHA-256', facts.audioChecksum],
    ['Loudness', loudnessText(facts.loudness)],
    ['Silence', shareText(facts.silenceShare)],
    ['Title', facts.embedded.title],
    ['Artist', facts.embedded.artist],
    ['Album', facts.embedded.album],
    ['Date', facts.embedded.date],
    ['Comment', facts.embedded.comment],
    ['Recorded', facts.recordedAt && `${localTime(facts.recordedAt)} (${facts.recordedAtSource})`],
  ];
  const known = lines.flatMap(([label, text]): [string, string][] =>
    text ? [[label, printable(text)]] : [],
  );
  for (const line of factLines(known)) output.line(line);
  for (const warning of facts.warnings) {
    output.line(
      `${output.paint('yellow', 'Warning')}: ${printable(warning.message)} [${printable(warning.code)}]`,
    );
  }
}

const EXAMPLES = `
Examples:
  vrp probe interview.wav
  vrp probe interview.wav --measure
  vrp probe interview.wav --json    one JSON object; {"error": {"code", "message"}} and exit code 1 when refused`;
