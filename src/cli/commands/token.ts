import { type Command, Option } from 'commander';
import { ROLES, type Role } from '../../model/access.ts';
import { VoiceRecorderError } from '../../model/failure.ts';
import type { Cli } from '../cli.ts';
import { type LibraryDoor, openLibraryDoor } from '../library-door.ts';
import { localTime } from '../recording-text.ts';
import { describeStore, readOwnerToken } from '../store-place.ts';
import { tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';

export function register(program: Command, cli: Cli): void {
  const token = program
    .command('token')
    .description("Print the owner's bearer token; add, list and revoke tokens for other programs.")
    .addHelpText('after', EXAMPLES)
    .action(() => printOwnerToken(cli));
  token
    .command('add')
    .description('make a token and print it, this once')
    .argument('<name>', 'whose it is; stands in histories and logs')
    .addOption(
      new Option(
        '--role <role>',
        'what it may do: metrics (read /metrics only), record (add only), edit (read and change too) or admin (all)',
      )
        .choices(ROLES)
        .default('edit'),
    )
    .action((name: string, { role }: { role: Role }) => addToken(cli, name, role));
  token
    .command('list')
    .description('list the names, never the tokens')
    .action(() => listTokens(cli));
  token
    .command('revoke')
    .description('end a token and every session opened with it')
    .argument('<name>', 'its name')
    .action((name: string) => revokeToken(cli, name));
}

async function printOwnerToken(cli: Cli): Promise<void> {
  const token = (await readExistingToken(cli)) ?? (await makeOwnerToken(cli));
  if (cli.output.isJson) cli.output.document({ token });
  else cli.output.line(token);
}

/** Needs no opening, so it works beside a server too. */
async function readExistingToken(cli: Cli): Promise<string | undefined> {
  const { stateDir, storeId } = describeStore(cli);
  return storeId === undefined ? undefined : readOwnerToken(stateDir, storeId);
}

/** The first opening of a store makes the token. */
async function makeOwnerToken(cli: Cli): Promise<string> {
  await (await openLibraryDoor(cli)).close();
  const token = await readExistingToken(cli);
  if (token !== undefined) return token;
  throw new VoiceRecorderError(
    'storage-failed',
    'The owner token could not be found after it was made. Try again.',
  );
}

async function addToken(cli: Cli, name: string, role: Role): Promise<void> {
  const token = await withTokens(cli, (tokens) => tokens.addToken(name, role));
  if (cli.output.isJson) cli.output.document({ name, role, token });
  else {
    cli.output.line(token);
    cli.output.note('Keep it now: it is not shown again.');
  }
}

async function listTokens(cli: Cli): Promise<void> {
  const items = await withTokens(cli, (tokens) => tokens.listTokens());
  if (cli.output.isJson) {
    cli.output.document({ items });
    return;
  }
  if (items.length === 0) {
    cli.output.note("There are no tokens besides the owner's.");
    return;
  }
  const [heading = '', ...lines] = tableLines(
    [
      { title: 'NAME', text: (token) => printable(token.name), isFlexible: true },
      { title: 'ROLE', text: (token) => token.role },
      { title: 'MADE', text: (token) => localTime(token.createdAt) },
      {
        title: 'LAST USED',
        text: (token) => (token.lastUsedAt === null ? 'never' : localTime(token.lastUsedAt)),
      },
    ],
    items,
    cli.output.columns,
  );
  cli.output.line(cli.output.paint('bold', heading));
  for (const line of lines) cli.output.line(line);
}

async function revokeToken(cli: Cli, name: string): Promise<void> {
  await withTokens(cli, (tokens) => tokens.revokeToken(name));
  if (cli.output.isJson) cli.output.document({ name, isRevoked: true });
  else cli.output.line(`Revoked: ${printable(name)}`);
}

async function withTokens<Result>(
  cli: Cli,
  act: (tokens: LibraryDoor['tokens']) => Promise<Result>,
): Promise<Result> {
  const door = await openLibraryDoor(cli);
  try {
    return await act(door.tokens);
  } finally {
    await door.close();
  }
}

const EXAMPLES = `
Examples:
  curl -H "Authorization: Bearer $(vrp token)" http://127.0.0.1:8420/api/recordings
  vrp token add field-recorder --role record
  vrp token add prometheus --role metrics
  vrp token revoke field-recorder`;
