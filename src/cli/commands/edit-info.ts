import { type Command, InvalidArgumentError } from 'commander';
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
  readonly addCollection?: readonly string[];
  readonly removeCollection?: readonly string[];
  readonly recordedAt?: string;
  readonly undo?: number;
}

/** Somebody else may change the same recording at the same moment; what was asked for still holds afterwards. */
const MAX_ATTEMPTS = 5;

export function register(program: Command, cli: Cli): void {
  program
    .command('edit-info')
    .description('Change title, tags, notes, collections or date of a recording. The audio is never touched.')
    .argument('<id>', 'its id, or 8 characters or more from the beginning or end of it')
    .option('--title <title>', 'the new title')
    .option('--notes <text>', 'the new notes; "" for none')
    .option('--tag <tag>', 'the new tags, instead of all old ones (repeatable)', collect)
    .option('--add-tag <tag>', 'a further tag (repeatable)', collect)
    .option('--remove-tag <tag>', 'a tag to take away (repeatable)', collect)
    .option('--clear-tags', 'take all tags away')
    .option('--add-collection <name>', 'a further collection it is in (repeatable)', collect)
    .option('--remove-collection <name>', 'a collection to take it out of (repeatable)', collect)
    .option(
      '--recorded-at <date>',
      'when it was recorded: ISO 8601, in this machine\'s zone unless it names one; "" for not known',
    )
    .option(
      '--undo <version>',
      'take back the change that made this version; see "vrp info --history"',
      readVersion,
    )
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: EditOptions) => editInfo(cli, id, options));
}

async function editInfo(cli: Cli, word: string, options: EditOptions): Promise<void> {
  if (Object.keys(options).length === 0) {
    throw new VoiceRecorderError(
      'usage',
      'There is nothing to change: give --title, --notes, --tag, --add-tag, --remove-tag, --add-collection, ' +
        '--remove-collection, --recorded-at or --undo.',
    );
  }
  if (options.undo !== undefined && Object.keys(options).length > 1) {
    throw new VoiceRecorderError('usage', '--undo goes alone: nothing else is changed with it.');
  }
  const { output } = cli;
  const { undo } = options;
  const recording = await withLibrary(cli, async (door) =>
    undo === undefined
      ? await amend(door, word, options)
      : await door.undo((await findRecording(door, word)).id, undo),
  );
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
  const { addCollection, removeCollection, recordedAt } = options;
  const isTagged = tag || clearTags || addTag.length > 0 || removeTag.length > 0;
  const base = tag ?? (clearTags ? [] : recording.tags);
  const tags = [...new Set([...base, ...addTag])].filter((word) => !removeTag.includes(word));
  return {
    ...(title === undefined ? {} : { title }),
    ...(notes === undefined ? {} : { notes }),
    ...(isTagged ? { tags } : {}),
    ...(addCollection ? { addCollections: addCollection } : {}),
    ...(removeCollection ? { removeCollections: removeCollection } : {}),
    ...(recordedAt === undefined ? {} : { recordedAt: readDate(recordedAt) }),
  };
}

/** A day alone begins at midnight, here. What is no date is left to the library to refuse. */
function readDate(text: string): string | null {
  if (text === '') return null;
  const isLocal = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(text);
  const epochMs = isLocal ? new Date(text.includes('T') ? text : `${text}T00:00`).getTime() : Number.NaN;
  return Number.isNaN(epochMs) ? text : new Date(epochMs).toISOString();
}

function readVersion(text: string): number {
  const version = Number(text);
  if (Number.isSafeInteger(version) && version >= 1) return version;
  throw new InvalidArgumentError('Expected the number of a version, as "vrp info --history" shows it.');
}

const EXAMPLES = `
Examples:
  vrp edit-info 7c3e91ab --title "Interview with A."
  vrp edit-info 7c3e91ab --add-tag oral-history --remove-tag inbox
  vrp edit-info 7c3e91ab --add-collection "Village stories"
  vrp edit-info 7c3e91ab --recorded-at 1962-05-01T14:30
  vrp edit-info 7c3e91ab --undo 4`;
