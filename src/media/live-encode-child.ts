// Encodes one take while it is made: samples on stdin, the file on stdout, and on stderr how far it came, in JSON
// lines. It reads and writes in step, so that it holds no more than one page of sound, and it ends with its parent:
// the broken pipes tell.
import { readSync, writeSync } from 'node:fs';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { LiveEncoder } from './live-encode.ts';
import type { LiveEncodeNews, LivePlan } from './live-plan.ts';
import { collectGarbage } from './native-memory.ts';

const STDIN = 0;
const STDERR = 2;

Log.setLevel(AV_LOG_QUIET);
try {
  encodeStandardInput(JSON.parse(process.argv[2] ?? '') as LivePlan);
} catch (error) {
  tell({ failure: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}

function encodeStandardInput(plan: LivePlan): void {
  const encoder = new LiveEncoder(plan, 'pipe:1', tell);
  tell({ isReady: true });
  const block = Buffer.alloc(encoder.blockBytes);
  for (let count = 1; ; count++) {
    const filledBytes = fill(block);
    encoder.add(block.subarray(0, filledBytes));
    collectGarbage(count);
    if (filledBytes < block.length) break;
  }
  encoder.finish();
}

/** Bytes read: less than fit only when the samples have ended. */
function fill(block: Buffer): number {
  let filledBytes = 0;
  while (filledBytes < block.length) {
    const bytes = readSync(STDIN, block, filledBytes, block.length - filledBytes, null);
    if (bytes === 0) break;
    filledBytes += bytes;
  }
  return filledBytes;
}

function tell(news: LiveEncodeNews): void {
  writeSync(STDERR, `${JSON.stringify(news)}\n`);
}
