import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Cli } from '../cli.ts';
import { tableLines } from '../table.ts';
import { printable } from '../terminal-text.ts';
import { type CaptureProgram, findOnPath, type ProgramName } from './capture-program.ts';

interface InputDevice {
  readonly program: ProgramName;
  /** What `--device` takes. */
  readonly device: string;
  readonly description: string;
}

const run = promisify(execFile);
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** What is asked for the devices of each capture program, and how its answer is read. */
const LISTS: Readonly<
  Record<ProgramName, { program: string; arguments: string[]; read(text: string): [string, string][] }>
> = {
  'pw-record': { program: 'pw-dump', arguments: [], read: readPipeWireDump },
  parec: { program: 'pactl', arguments: ['list', 'short', 'sources'], read: readPulseSources },
  arecord: { program: 'arecord', arguments: ['--list-pcms'], read: readAlsaNames },
};

/** Names the inputs as each capture program on this machine knows them. */
export async function listDevices(cli: Cli, programs: readonly CaptureProgram[]): Promise<void> {
  const { output, env } = cli;
  const devices: InputDevice[] = [];
  for (const { name } of programs) {
    const list = LISTS[name];
    const path = findOnPath(list.program, env['PATH']);
    if (path === undefined) {
      output.note(`The inputs of ${name} cannot be listed: that needs ${list.program}, which is not there.`);
      continue;
    }
    try {
      const { stdout } = await run(path, list.arguments, {
        env: { ...env, LC_ALL: 'C' },
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_BYTES,
      });
      for (const [device, description] of list.read(stdout))
        devices.push({ program: name, device, description });
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
      output.note(`${list.program} did not name the inputs of ${name}: ${printable(reason)}`);
    }
  }
  if (output.isJson) output.document({ devices });
  else {
    const columns = [
      { title: 'PROGRAM', text: (row: InputDevice) => row.program },
      { title: 'DEVICE', text: (row: InputDevice) => printable(row.device) },
      { title: 'DESCRIPTION', text: (row: InputDevice) => printable(row.description), isFlexible: true },
    ];
    for (const line of tableLines(columns, devices, output.columns)) output.line(line);
  }
}

/** `0\talsa_input.pci.analog-stereo\tmodule-alsa-card.c\ts16le 2ch 44100Hz\tSUSPENDED` */
export function readPulseSources(text: string): [string, string][] {
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([, name, , format]) => (name ? [[name, format ?? ''] as [string, string]] : []));
}

/** A name at the beginning of a line, its description in the indented lines below. */
export function readAlsaNames(text: string): [string, string][] {
  const found: [string, string][] = [];
  for (const line of text.split('\n')) {
    const last = found.at(-1);
    if (/^\S/.test(line)) found.push([line.trim(), '']);
    else if (last && line.trim() !== '')
      last[1] = last[1] === '' ? line.trim() : `${last[1]}, ${line.trim()}`;
  }
  return found;
}

export function readPipeWireDump(text: string): [string, string][] {
  const objects: unknown = JSON.parse(text);
  if (!Array.isArray(objects)) return [];
  return objects.flatMap((object: { info?: { props?: Record<string, unknown> } } | null) => {
    const props = object?.info?.props ?? {};
    const name = props['node.name'];
    if (!/^Audio\/(Source|Duplex)/.test(String(props['media.class'])) || typeof name !== 'string') return [];
    return [[name, String(props['node.description'] ?? '')] as [string, string]];
  });
}
