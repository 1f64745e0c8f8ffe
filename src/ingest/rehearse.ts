import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CheckResult } from '../model/check-result.ts';
import type { Sha256Hex } from '../model/digest.ts';
import { VoiceRecorderError } from '../model/failure.ts';
import type { ImportOutcome } from '../model/import-outcome.ts';
import type { Recording } from '../model/recording.ts';
import { asFileFailure, FILE_RULES, incomingFile } from '../validation/file-rules.ts';
import type { Rule } from '../validation/rule.ts';
import { contentRule, readBackRule } from '../validation/stored-rules.ts';
import { checksumRule, unchangedRule } from '../validation/transfer-rules.ts';

/** What rehearsing an import needs: everything but a place to store. */
export interface RehearsalDesk {
  readonly dataDir: string;
  readonly maxFileBytes: number | null;
  usableBytes(): Promise<number>;
  probe(path: string, filename: string, signal?: AbortSignal): Promise<unknown>;
  hashFile(path: string, signal?: AbortSignal): Promise<{ checksum: Sha256Hex; sizeBytes: number }>;
  findByChecksum(checksum: Sha256Hex): Promise<Pick<Recording, 'id' | 'kind'> | undefined>;
}

/**
 * Runs every check that an import of this file would run, stores nothing, and says what would become of it: each check
 * by name, up to the first one that fails. Rejects only with `interrupted` and what is not ours.
 */
export async function rehearse(
  desk: RehearsalDesk,
  path: string,
  options: { readonly isMove?: boolean; readonly signal?: AbortSignal } = {},
): Promise<ImportOutcome> {
  const { isMove = false, signal } = options;
  const { dataDir, maxFileBytes } = desk;
  const file = incomingFile({ path, isMove, dataDir, maxFileBytes, usableBytes: () => desk.usableBytes() });
  const checks: CheckResult[] = [];
  let failure: VoiceRecorderError | undefined;
  const run = async <Subject>(rule: Rule<Subject>, subject: () => Subject | Promise<Subject>) => {
    const { name, phase } = rule;
    const said = await verdictOf(rule, failure ? undefined : subject);
    if (said instanceof VoiceRecorderError) {
      failure = said;
      checks.push({ name, phase, result: 'failed', code: said.code, message: said.message });
    } else checks.push({ name, phase, result: failure ? 'not-reached' : said });
  };

  for (const rule of FILE_RULES) await run(rule, () => file);
  let checksum = '';
  await run(unchangedRule, async () => {
    const hashed = await desk.hashFile(await realpath(path), signal).catch((error: unknown) => {
      throw asFileFailure(path, error);
    });
    checksum = hashed.checksum;
    return { path, sizeBytes: Number((await file.look()).size), readBytes: hashed.sizeBytes };
  });
  await run(checksumRule, () => ({ what: path, expected: null, found: checksum, advice: '' }));
  await run(contentRule, async () => {
    const real = await realpath(path);
    return { probe: () => desk.probe(real, basename(path), signal) };
  });
  checks.push({
    name: readBackRule.name,
    phase: readBackRule.phase,
    result: failure ? 'not-reached' : 'not-asked',
  });
  if (failure) {
    const { code, message } = failure;
    return { file: path, status: 'rejected', error: { code, message }, checks };
  }
  const standing = await desk.findByChecksum(checksum);
  if (standing?.kind === 'file')
    return { file: path, status: 'duplicate', id: standing.id, checksum, checks };
  return { file: path, status: 'stored', checksum, checks };
}

async function verdictOf<Subject>(
  rule: Rule<Subject>,
  subject: (() => Subject | Promise<Subject>) | undefined,
): Promise<'passed' | 'not-asked' | VoiceRecorderError> {
  if (subject === undefined) return 'not-asked';
  try {
    const judged = await subject();
    if (!(rule.isAsked?.(judged) ?? true)) return 'not-asked';
    await rule.check(judged);
    return 'passed';
  } catch (error) {
    if (!(error instanceof VoiceRecorderError) || error.code === 'interrupted') throw error;
    return error;
  }
}
