import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { forEachRecording } from '../each-recording.ts';

export function register(program: Command, cli: Cli): void {
  program
    .command('remove')
    .description('Put recordings into the trash. Their files stay where they are until they are purged.')
    .argument('<id...>', 'ids, or 8 characters or more from the beginning or end of each')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[]) =>
      forEachRecording(cli, ids, 'In the trash', (door, recording) => door.trash(recording.id)),
    );
}

const EXAMPLES = `
Example:
  vrp remove 7c3e91ab               "vrp trash restore 7c3e91ab" takes it back`;
