import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the program does beside giving sound. */
export interface CaptureFixture {
  /** Mono at 48 kHz, -1 to 1; what follows its end is silence, or the end. */
  readonly sound: Float32Array;
  readonly endsWithSound?: boolean;
  /** Only its first run gives sound; then its device is gone for good. */
  readonly isGoneAfter?: boolean;
  /** Its second run gives next to nothing, as a plug that slips out again. */
  readonly slipsOutOnce?: boolean;
  /** Says this on stderr and ends at once, as a program whose sound server does not run. */
  readonly refusal?: string;
}

/**
 * Writes an executable called `name` (`arecord`, `parec` …) into `folder`, which gives `sound` in real time as the
 * real one would, in the format its arguments ask for, and notes its arguments and process id.
 */
export function writeCaptureProgram(folder: string, name: string, fixture: CaptureFixture): void {
  mkdirSync(folder, { recursive: true });
  const samples = new Int16Array(fixture.sound.length);
  for (const [index, value] of fixture.sound.entries())
    samples[index] = Math.round(Math.max(-1, Math.min(1, value)) * 32767);
  const soundFile = join(folder, `${name}.s16`);
  writeFileSync(soundFile, Buffer.from(samples.buffer));
  const program = join(folder, name);
  writeFileSync(
    program,
    `#!${process.execPath}
const { existsSync, readFileSync, writeFileSync, writeSync } = require('node:fs');
const noteFile = ${JSON.stringify(join(folder, `${name}.json`))};
const runs = 1 + (existsSync(noteFile) ? JSON.parse(readFileSync(noteFile, 'utf8')).runs : 0);
const isGone = ${fixture.isGoneAfter === true} && runs > 1;
writeFileSync(noteFile, JSON.stringify({ args: process.argv.slice(2), pid: process.pid, runs }));
const refusal = isGone ? 'No such device' : ${JSON.stringify(fixture.refusal ?? null)};
if (refusal !== null) {
  process.stderr.write(refusal + '\\n');
  process.exit(1);
}
const sound = readFileSync(${JSON.stringify(soundFile)});
const args = process.argv.slice(2).join(' ');
const channels = Number(/--channels=(\\d)/.exec(args)?.[1] ?? 1);
const isWide = /S32|s32/.test(args);
const frames = ${fixture.slipsOutOnce === true} && runs === 2 ? 10 : sound.length / 2;
const startMs = performance.now();
let given = 0;
process.on('SIGINT', () => process.exit(1));
process.stderr.write("Recording raw data 'stdin' : Signed 16 bit Little Endian, Rate 48000 Hz, Mono\\n");
setInterval(() => {
  const due = Math.floor(((performance.now() - startMs) / 1000) * 48000);
  const end = ${fixture.endsWithSound === true} ? Math.min(due, frames) : due;
  const bytes = Buffer.alloc((end - given) * channels * (isWide ? 4 : 2));
  for (let at = 0; given < end; given++) {
    const value = given < frames ? sound.readInt16LE(given * 2) : 0;
    for (let channel = 0; channel < channels; channel++) {
      if (isWide) bytes.writeInt32LE(value * 65536, at);
      else bytes.writeInt16LE(value, at);
      at += isWide ? 4 : 2;
    }
  }
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if (error.code !== 'EAGAIN') process.exit(1);
      // After a standstill more is due than the pipe holds.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  if (given === frames && ${fixture.endsWithSound === true}) {
    process.stderr.write('arecord: pcm_read: read error: No such device\\n');
    process.exit(1);
  }
}, 50);
`,
  );
  chmodSync(program, 0o755);
}

/** A search path with the programs of `folder`, and none of this machine's own. */
export function captureOnly(folder: string): string {
  return [folder, '/nonexistent'].join(delimiter);
}
