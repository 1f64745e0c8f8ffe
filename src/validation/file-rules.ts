import { type BigIntStats, constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { VoiceRecorderError } from '../model/failure.ts';
import type { Rule } from './rule.ts';
import { roomRule, sizeRule } from './size-rules.ts';

/** A file of this machine that is to be brought in. */
export interface IncomingFile {
  readonly path: string;
  /** True: its source goes once the copy is proven. */
  readonly isMove: boolean;
  /** The data folder. */
  readonly dataDir: string;
  readonly maxFileBytes: number | null;
  /** What imports may still fill. */
  usableBytes(): Promise<number>;
  /** Asked of the system once. Links are followed: a linked file is what its owner put there. */
  look(): Promise<BigIntStats>;
}

export function incomingFile(facts: Omit<IncomingFile, 'look'>): IncomingFile {
  let found: Promise<BigIntStats> | undefined;
  return {
    ...facts,
    usableBytes: () => facts.usableBytes(),
    look: () => {
      found ??= stat(facts.path, { bigint: true });
      return found;
    },
  };
}

const nameRule = {
  name: 'name',
  phase: 'before',
  codes: ['file-missing'],
  check({ path }) {
    if (path !== '' && !path.includes('\0')) return;
    throw new VoiceRecorderError('file-missing', `${JSON.stringify(path)} cannot be the path of a file.`);
  },
} satisfies Rule<IncomingFile>;

/** Pipes and devices are not even opened: that might wait for ever, or do something. */
const typeRule = {
  name: 'type',
  phase: 'before',
  codes: ['file-missing', 'file-not-regular', 'file-unreadable'],
  async check(file) {
    const found = await file.look().catch((error: unknown) => {
      throw asFileFailure(file.path, error);
    });
    if (found.isFile()) return;
    const what = found.isDirectory() ? 'a folder' : 'a pipe, socket or device';
    throw new VoiceRecorderError('file-not-regular', `${file.path} is ${what}: expected a regular file.`);
  },
} satisfies Rule<IncomingFile>;

const permissionRule = {
  name: 'permission',
  phase: 'before',
  codes: ['file-missing', 'file-unreadable'],
  async check({ path }) {
    await access(path, constants.R_OK).catch((error: unknown) => {
      throw asFileFailure(path, error);
    });
  },
} satisfies Rule<IncomingFile>;

/** The source of a move is removed: a file of the store would be found to be its own copy, and be lost. */
const placeRule = {
  name: 'place',
  phase: 'before',
  codes: ['invalid-input'],
  isAsked: ({ isMove }) => isMove,
  async check({ path, dataDir }) {
    const [file, store] = await Promise.all([
      realpath(path),
      // A store that is not made yet.
      realpath(dataDir).catch(() => resolve(dataDir)),
    ]);
    if (!file.startsWith(store.endsWith(sep) ? store : store + sep)) return;
    throw new VoiceRecorderError(
      'invalid-input',
      `${path} lies inside the store ${dataDir} and cannot be moved into it; import it without --move.`,
    );
  },
} satisfies Rule<IncomingFile>;

const fileSizeRule = {
  ...sizeRule,
  async check({ path, maxFileBytes, look }) {
    const { size } = await look();
    await sizeRule.check({ whose: `file ${path}`, kind: 'file', sizeBytes: Number(size), maxFileBytes });
  },
} satisfies Rule<IncomingFile>;

const fileRoomRule = {
  ...roomRule,
  async check(file) {
    const sizeBytes = Number((await file.look()).size);
    await roomRule.check({ whose: `file ${file.path}`, sizeBytes, usableBytes: await file.usableBytes() });
  },
} satisfies Rule<IncomingFile>;

/** All that is asked before a byte of a file is read, in this order. */
export const FILE_RULES: readonly Rule<IncomingFile>[] = [
  nameRule,
  typeRule,
  permissionRule,
  fileSizeRule,
  placeRule,
  fileRoomRule,
];

/** Of these, all but what copying the file asks by itself. */
export const FILE_RULES_BEFORE_COPYING: readonly Rule<IncomingFile>[] = FILE_RULES.filter(
  (rule) => rule !== permissionRule && rule !== fileRoomRule,
);

/** What the system said of a person's file, in our words. */
export function asFileFailure(path: string, cause: unknown): VoiceRecorderError {
  if (cause instanceof VoiceRecorderError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new VoiceRecorderError('file-missing', `There is no file ${path}.`, { cause });
  return new VoiceRecorderError(
    'file-unreadable',
    `${path} cannot be read (${code}): expected a file that you may read.`,
    { cause },
  );
}
