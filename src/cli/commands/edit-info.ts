import type { Command } from 'commander';
import { failureCodeOf, VoiceRecorderError } from '../../model/failure.ts';
import type { Recording, RecordingAmendment } from '../../model/recording.ts';
import type { Cli } from '../cli.ts';
import { findRecording } from '../find-recording.ts';
import { type LibraryDoor, withLibrary } from '../library-door.ts';
import { shortId } from '../recording-text.ts';
import { collect } from '../repeatable-option.ts';
import { printable } from '../terminal-text.ts';

interface EditOptions {
  readonly title?: string;
  readonly notes?: string;
  readonly tag?: readonly string[];
  readonly addTag?: readonly string[];
  readonly removeTag?: readonly string[];
  readonly clearTags?: boolean;
}

/** Somebody else may change the same recording at the same moment; what was asked for still holds afterwards. */
const MAX_ATTEMPTS = 5;

export function register(program: Command, cli: Cli): void {
  program
    .command('edit-info')
    .description('Change title, tags or notes of a recording. The audio is never touched.')
    .argument('<id>', 'its id, or 8 characters or more from the beginning or end of it')
    .option('--title <title>', 'the new title')
    .option('--notes <text>', 'the new notes; "" for none')
    .option('--tag <tag>', 'the new tags, instead of all old ones (repeatable)', collect)
    .option('--add-tag <tag>', 'a further tag (repeatable)', collect)
    .option('--remove-tag <tag>', 'a tag to take away (repeatable)', collect)
    .option('--clear-tags', 'take all tags away')
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: EditOptions) => editInfo(cli, id, options));
}

async function editInfo(cli: Cli, word: string, options: EditOptions): Promise<void> {
  if (Object.keys(options).length === 0) {
    throw new VoiceRecorderError(
      'usage',
      'There is nothing to change: give --title, --notes, --tag, --add-tag or --remove-tag.',
    );
  }
  const { output } = cli;
  const recording = await withLibrary(cli, (door) => amend(door, word, options));
  if (output.isJson) output.document(recording);
  else output.line(`Changed: ${printable(recording.title)} (${shortId(recording.id)})`);
}

async function amend(door: LibraryDoor, word: string, options: EditOptions): Promise<Recording> {
  for (let attempt = 1; ; attempt++) {
    const recording = await findRecording(door, word);
    try {
      return await door.amend(recording.id, amendmentOf(recording, options), recording.version);
    } catch (error) {
      if (failureCodeOf(error) !== 'version-conflict' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function amendmentOf(recording: Recording, options: EditOptions): RecordingAmendment {
  const { title, notes, tag, addTag = [], removeTag = [], clearTags } = options;
  const isTagged = tag || clearTags || addTag.length > 0 || removeTag.length > 0;
  const base = tag ?? (clearTags ? [] : recording.tags);
  const tags = [...new Set([...base, ...addTag])].filter((word) => !removeTag.includes(word));
  return {
    ...(title === undefined ? {} : { title }),
    ...(notes === undefined ? {} : { notes }),
    ...(isTagged ? { tags } : {}),
  };
}

const EXAMPLES = `
Examples:
  vrp edit-info 7c3e91ab --title "Interview with A."
  vrp edit-info 7c3e91ab --add-tag oral-history --remove-tag inbox`;
