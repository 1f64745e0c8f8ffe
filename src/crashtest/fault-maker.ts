import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultKind } from './fault-plan.ts';
import { FAULT_KINDS } from './fault-plan.ts';
import type { FaultyProxy } from './faulty-proxy.ts';
import { canFindChildren, findMediaChildren } from './media-children.ts';
import type { ServerProcess } from './server-process.ts';

export interface FaultTargets {
  readonly server: ServerProcess;
  readonly proxy: FaultyProxy;
  /** Kills the import that runs; false when there is none. */
  killImport(): boolean;
  /** Called for each fault that hit something. */
  onFault(kind: FaultKind, hits: number): void;
}

/** What can be done on this system, and a sentence for each thing that cannot. */
export function possibleFaults(): { kinds: FaultKind[]; leftOut: string[] } {
  const leftOut: string[] = [];
  let kinds: FaultKind[] = [...FAULT_KINDS];
  if (!canFindChildren) {
    kinds = kinds.filter((kind) => kind !== 'kill-media');
    leftOut.push('The media process was never killed: its process id can only be found on Linux.');
  }
  if (process.platform === 'win32') {
    kinds = kinds.filter((kind) => kind !== 'freeze-server' && kind !== 'restart-server');
    leftOut.push('The server was never frozen nor asked to stop: Windows knows no such signals.');
  }
  return { kinds, leftOut };
}

/** Makes the faults of `plan`, one after the other, until `ending`; a fault that has begun is brought to its end. */
export async function makeFaults(
  plan: Iterable<Fault>,
  targets: FaultTargets,
  ending: AbortSignal,
): Promise<void> {
  for (const fault of plan) {
    await sleep(fault.afterMs, undefined, { signal: ending }).catch(() => undefined);
    if (ending.aborted) return;
    const hits = await make(fault, targets);
    if (hits > 0) targets.onFault(fault.kind, hits);
  }
}

/** Resolves to how many things it hit. */
async function make(fault: Fault, { server, proxy, killImport }: FaultTargets): Promise<number> {
  switch (fault.kind) {
    case 'kill-server':
      await server.kill();
      await sleep(fault.lastsMs);
      await server.start();
      return 1;
    case 'kill-start':
      // What it was about to mend after the first death must stand a second one.
      await server.kill();
      await server.startAndKill(fault.lastsMs);
      await server.start();
      return 1;
    case 'restart-server':
      await server.stop();
      await server.start();
      return 1;
    case 'kill-media':
      return killAll(findMediaChildren(server.pid ?? -1));
    case 'kill-import':
      return killImport() ? 1 : 0;
    case 'freeze-server':
      await server.freeze(fault.lastsMs);
      return 1;
    case 'network-drop':
      proxy.drop();
      return 1;
    case 'network-cut':
      proxy.cutAfter(fault.bytes);
      return 1;
    case 'network-delay':
      proxy.setDelay(fault.delayMs);
      await sleep(fault.lastsMs);
      proxy.setDelay(0);
      return 1;
    case 'network-swallow':
      proxy.setSwallowing(true);
      await sleep(fault.lastsMs);
      proxy.setSwallowing(false);
      return 1;
    case 'network-refuse':
      proxy.setDown(true);
      await sleep(fault.lastsMs);
      proxy.setDown(false);
      return 1;
  }
}

function killAll(ids: readonly number[]): number {
  let killed = 0;
  for (const id of ids) {
    try {
      process.kill(id, 'SIGKILL');
      killed++;
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return killed;
}
