import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Finds in the sources every place on which the durability of an acknowledgement rests: calls that sync a file or a
 * folder, journal records, documents written durably, and the mode of the database. Each is found by its text, so
 * that a new one is found too; what looks like one and fits no rule is an error, not a gap.
 */

export interface SyncSite {
  /** Path from the root of the project. */
  readonly file: string;
  readonly line: number;
  /** What is taken away, on one line. */
  readonly text: string;
  /** The whole file without it. */
  readonly mutated: string;
}

export const ROOMS = [
  'durable',
  'record',
  'ingest',
  'blobs',
  'database',
  'catalogue',
  'config',
  'access',
] as const;

const CALLEE =
  /(?<![\w.#$])(?:[\w$#]+\??\.)*#?(?:sync|syncNow|startSync|syncFolder|syncFolderNow|syncFile|fsync|fsyncSync|fdatasync|fdatasyncSync|datasync|putDocument|writeNote|encodeRecord|encodeFirstBlock)\(/g;
/** Anything that smells of one; each hit must lie in a site or in {@link NO_SITE}. */
const SMELL =
  /sync\b\s*\(|[Dd]ata[Ss]ync|fsync|synchronous|syncFolder|putDocument|encodeRecord|encodeFirstBlock/;
/** Lines that name syncs without asking for one: imports, definitions, types and what hands them on. */
const NO_SITE =
  /^\s*(?:import|export \{|\*|\/\/|\/\*\*)|^\s*(?:type )?[\w ,]+,$|^type \w+ = Pick<|\bfunction \w+\(|^\s*(?:async )?#?\w+\([^)]*\): Promise<|\basync\s*\(|: (?:Promise<|\()|readonly (?:putDocument|sync|writeNote)\b|readonly sync: GroupSync|^\s*sync: (?:new |\()|\}\s*from |const (?:syncing|sync) = |PRAGMA fullfsync|checkpoint_fullfsync|set_config\('synchronous_commit'/;
/** What an error-first call would have told its callback. */
const CALLBACK_CALLS = new Set(['fs.fdatasync', 'fs.fsync']);

export function findSyncSites(root: string): SyncSite[] {
  return ROOMS.flatMap((room) => {
    const folder = join(root, 'src', room);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts') && !/\.(?:test|contract)\.ts$/.test(name))
      .sort()
      .flatMap((name) => sitesOf(`src/${room}/${name}`, readFileSync(join(folder, name), 'utf8')));
  });
}

function sitesOf(file: string, text: string): SyncSite[] {
  const sites: SyncSite[] = [];
  const covered: [from: number, to: number][] = [];
  const add = (from: number, to: number, replacement: string) => {
    const line = text.slice(0, from).split('\n').length;
    const shown = text.slice(from, to).replace(/\s+/g, ' ');
    sites.push({ file, line, text: shown, mutated: text.slice(0, from) + replacement + text.slice(to) });
  };
  for (const match of text.matchAll(CALLEE)) {
    const from = match.index;
    const open = from + match[0].length - 1;
    const close = closingParenthesis(text, open);
    covered.push([from, close + 1]);
    if (isDefinition(text, from, close)) continue;
    const callee = match[0].slice(0, -1);
    if (/encode(?:Record|FirstBlock)$/.test(callee)) add(from, close + 1, emptySlots(callee));
    else if (CALLBACK_CALLS.has(callee)) add(from, close + 1, 'resolve()');
    else {
      const parts = partsOf(text, open, close);
      if (parts.length > 1 && /(?:[.#]sync\.sync|#startSync)$/.test(callee)) {
        for (const [at, end] of parts) add(at, end + (text[end] === ',' ? 1 : 0), '');
      } else add(from, close + 1, /writeNote$/.test(callee) ? 'undefined' : 'Promise.resolve()');
    }
  }
  for (const match of text.matchAll(/PRAGMA synchronous = FULL/g)) {
    covered.push([match.index, match.index + match[0].length]);
    add(match.index, match.index + match[0].length, 'PRAGMA synchronous = NORMAL');
  }
  requireKnown(file, text, covered);
  return sites;
}

/** A record of zero bytes ends a journal. */
function emptySlots(callee: string): string {
  return callee.endsWith('encodeRecord') ? 'Buffer.alloc(64)' : 'Buffer.alloc(4096)';
}

function isDefinition(text: string, from: number, close: number): boolean {
  const before = text.slice(Math.max(0, from - 20), from);
  return /\bfunction \s*$/.test(before) || /^\s*(?::|\{|=>)/.test(text.slice(close + 1, close + 20));
}

/** The descriptors of one call, each of which is synced for a reason of its own. Nothing when they are spread. */
function partsOf(text: string, open: number, close: number): [from: number, to: number][] {
  const inner = text.slice(open + 1, close);
  const list = inner.startsWith('[') ? inner.slice(1, inner.indexOf(']')) : inner;
  const start = open + 1 + (inner.startsWith('[') ? 1 : 0);
  if (list.includes('...') || list.includes('(')) return [];
  const parts: [number, number][] = [];
  let at = start;
  for (const part of list.split(',')) {
    if (part.trim() !== '') parts.push([at, at + part.length]);
    at += part.length + 1;
  }
  return parts;
}

function closingParenthesis(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  throw new Error(`No closing parenthesis after ${text.slice(open - 40, open + 1)}`);
}

function requireKnown(file: string, text: string, covered: readonly (readonly [number, number])[]): void {
  let at = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const smell = SMELL.exec(line);
    const position = at + (smell?.index ?? 0);
    at += line.length + 1;
    if (smell === null || NO_SITE.test(line)) continue;
    if (covered.some(([from, to]) => position >= from && position < to)) continue;
    throw new Error(`${file}:${index + 1} speaks of a sync that no rule knows: ${line.trim()}`);
  }
}
