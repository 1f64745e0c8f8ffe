import type { Command } from 'commander';
import { checkCollection } from '../../model/amendment.ts';
import { counted } from '../../model/format.ts';
import type { Cli } from '../cli.ts';
import type { CollectionsDoor } from '../collections-door.ts';
import { forEachRecording } from '../each-recording.ts';
import { isStoreUntouched, withLibrary } from '../library-door.ts';
import { printable } from '../terminal-text.ts';

const ID_HELP = 'ids, or 8 characters or more from the beginning or end of each';
const NAME_HELP = 'its name; capitals make no difference';

export function register(program: Command, cli: Cli): void {
  const collections = program
    .command('collections')
    .description(
      'Keep recordings together under names. A collection is made with its first recording and is gone with its last one.',
    )
    .addHelpText('after', EXAMPLES);
  collections
    .command('list', { isDefault: true })
    .description('list the collections by name, with the number of their recordings')
    .action(() => list(cli));
  collections
    .command('add')
    .description('put recordings into a collection, which is made when there is none of that name')
    .argument('<name>', NAME_HELP)
    .argument('<id...>', ID_HELP)
    .action((name: string, ids: string[]) => {
      const collection = checkCollection(name);
      return forEachRecording(cli, ids, `In "${printable(collection)}"`, (door, { id }) =>
        door.amend(id, { addCollections: [collection] }),
      );
    });
  collections
    .command('take-out')
    .description('take recordings out of a collection; they stay in the library')
    .argument('<name>', NAME_HELP)
    .argument('<id...>', ID_HELP)
    .action((name: string, ids: string[]) =>
      forEachRecording(cli, ids, `Taken out of "${printable(name)}"`, (door, { id }) =>
        door.amend(id, { removeCollections: [name] }),
      ),
    );
  collections
    .command('rename')
    .description('give a collection another name; one that bears it already takes this one in')
    .argument('<name>', NAME_HELP)
    .argument('<new-name>', 'the new one')
    .action((name: string, to: string) =>
      change(cli, (door) => door.rename(name, checkCollection(to)), `Now "${printable(to)}"`),
    );
  collections
    .command('remove')
    .description('take all recordings out of a collection, those in the trash too; they stay')
    .argument('<name>', NAME_HELP)
    .action((name: string) => change(cli, (door) => door.remove(name), `Gone is "${printable(name)}"`));
}

async function list(cli: Cli): Promise<void> {
  const { output } = cli;
  const items = (await isStoreUntouched(cli))
    ? []
    : await withLibrary(cli, ({ collections }) => collections.list());
  if (output.isJson) {
    output.document({ items });
    return;
  }
  for (const { collection, count } of items)
    output.line(`${printable(collection)}  ${counted(count, 'recording')}`);
  if (items.length === 0) output.note('There is no collection yet: "vrp collections add NAME ID" makes one.');
}

async function change(
  cli: Cli,
  work: (door: CollectionsDoor) => Promise<number>,
  doneText: string,
): Promise<void> {
  const changedRecordings = await withLibrary(cli, ({ collections }) => work(collections));
  if (cli.output.isJson) cli.output.document({ changedRecordings });
  else cli.output.line(`${doneText}: ${counted(changedRecordings, 'recording')} changed.`);
}

const EXAMPLES = `
Examples:
  vrp collections
  vrp collections add "Village stories" 7c3e91ab 58f00d12
  vrp collections take-out "Village stories" 58f00d12
  vrp collections rename "Village stories" "Harbour stories"
  vrp collections remove "Harbour stories"
  vrp list --collection "Village stories"

With --json: {"items": [{"collection", "count"}]}; add and take-out {"items", "failed"}; rename and remove
{"changedRecordings"}.`;
