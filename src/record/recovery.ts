import { join } from 'node:path';
import { namesIn } from '../durable/folder-names.ts';
import { failureCodeOf } from '../model/failure.ts';
import type { RecordingId } from '../model/id.ts';
import { adoptUpload } from './adoption.ts';
import { removeFolder } from './disk.ts';
import type { LaneCheck, LaneTable } from './lane-table.ts';
import { classifySpoolEntry } from './spool-layout.ts';
import type { SpoolTools } from './spool-tools.ts';
import type { UploadLane } from './upload-lane.ts';
import type { AdoptedTake, RecoveryReport } from './uploads-desk.ts';

/** Enough to keep the worker threads busy; an upload that somebody asks for goes before all of them. */
const FOLDERS_AT_ONCE = 4;

interface Findings {
  resumed: number;
  completed: RecordingId[];
  removed: RecordingId[];
  troubled: { id: RecordingId; code: string; message: string }[];
  adopted: AdoptedTake[];
}

/** Makes a recording of a whole upload and clears up after it; given by whoever owns the lanes. */
export type Finish = (lane: UploadLane, checksum: string | null) => Promise<unknown>;

/** Lists what earlier runs left; `done` goes through it in the background. */
export async function recoverSpool(
  tools: SpoolTools,
  table: LaneTable,
  finish: Finish,
  closing: AbortSignal,
): Promise<{ readonly foundCount: number; readonly done: Promise<RecoveryReport> }> {
  const entries = (await namesIn(tools.desk.spoolPath))
    .sort()
    .map((name) => ({ name, ...classifySpoolEntry(name) }));
  const ids = entries.filter(({ kind, id }) => kind === 'upload' && !table.isKnown(id)).map(({ id }) => id);
  for (const { name, kind } of entries) {
    if (kind === 'foreign')
      tools.log('warn', `The spool holds something that is no upload: ${name}.`, { name });
  }
  const findings: Findings = { resumed: 0, completed: [], removed: [], troubled: [], adopted: [] };
  const work = async (): Promise<RecoveryReport> => {
    // Also when there is no upload left that needs it. A failure is told for each upload.
    await tools.playBack();
    for (const { name, kind } of entries) {
      // A person's word was given before the crash.
      if (kind === 'terminated') await removeFolder(join(tools.desk.spoolPath, name));
    }
    const waiting = ids.values();
    const hand = async (): Promise<void> => {
      for (const id of waiting) {
        if (closing.aborted) return;
        await recoverOne(tools, table, finish, id, findings);
      }
    };
    await Promise.all(Array.from({ length: FOLDERS_AT_ONCE }, hand));
    return findings;
  };
  return { foundCount: ids.length, done: work() };
}

async function recoverOne(
  tools: SpoolTools,
  table: LaneTable,
  finish: Finish,
  id: RecordingId,
  findings: Findings,
): Promise<void> {
  try {
    const found = await table.find(id, false);
    if (found.kind === 'removed' || (found.kind === 'finished' && found.isLeftover))
      findings.removed.push(id);
    if (found.kind === 'troubled') report(tools, findings, id, found.error);
    if (found.kind !== 'lane') return;
    const { lane, check } = found;
    if (check !== null) reportDamage(tools, findings, lane, check);
    const isRefused = lane.info.refusal?.sizeBytes === lane.offsetBytes;
    if (lane.isWhole && lane.offsetBytes > 0 && !isRefused) {
      await finish(lane, check?.checksum ?? null);
      findings.completed.push(id);
      return;
    }
    findings.resumed++;
    // Nobody will come back with the rest of these.
    const isOrphan = lane.info.origin.kind === 'salvage' || lane.info.origin.kind === 'import';
    if (!isOrphan || isRefused || lane.info.adoption !== null) return;
    const adopted = await adoptUpload(tools, table.reserve, lane, check?.restPath ?? null);
    if (adopted !== undefined) findings.adopted.push(adopted);
  } catch (error) {
    report(tools, findings, id, error);
  }
}

function report(tools: SpoolTools, findings: Findings, id: RecordingId, error: unknown): void {
  const code = failureCodeOf(error) ?? 'internal';
  // The spool was closed meanwhile; the next start takes this one up.
  if (code === 'interrupted') return;
  const message = error instanceof Error ? error.message : String(error);
  findings.troubled.push({ id, code, message });
  tools.log('error', `Upload ${id} of an earlier run could not be taken up: ${message}`, { id, code, error });
}

function reportDamage(tools: SpoolTools, findings: Findings, lane: UploadLane, check: LaneCheck): void {
  if (check.cutBytes > 0) {
    tools.log(
      'info',
      `Upload ${lane.id} goes on at ${lane.offsetBytes}; ${check.cutBytes} unacknowledged bytes went.`,
      {
        id: lane.id,
      },
    );
  }
  if (!check.isInfoTorn && !check.isRestNew) return;
  const message = check.isInfoTorn
    ? `The info.json of upload ${lane.id} cannot be read; its ${lane.offsetBytes} safe bytes are kept.`
    : `Bytes of upload ${lane.id} from ${lane.offsetBytes} on differ from their checksums; they lie in ${check.restPath ?? 'the spool'}.`;
  findings.troubled.push({ id: lane.id, code: 'digest-mismatch', message });
  tools.log('error', message, { id: lane.id, offsetBytes: lane.offsetBytes });
}
