import { type GuardedFile, withGuardedFile } from './guarded-file.ts';
import { NewFile } from './new-file.ts';

/** The coded audio of these segments cannot be put together as it is; decoding and encoding still can. */
export class CopyImpossible extends Error {
  override readonly name = 'CopyImpossible';
}

/** What became of each segment in the joined file. */
export interface JoinedParts {
  /** Where each segment's first sample stands in the joined audio. */
  readonly startsSeconds: readonly number[];
  readonly durationSeconds: number;
}

/** Hears of bytes of the segments that are done. */
export type JoinProgress = (bytesDone: number) => void;

/** A joined file that grows segment by segment. */
interface Joint {
  /** `onProgress` hears of this segment's bytes that are done. */
  append(file: GuardedFile, onProgress: JoinProgress): void;
  finish(): JoinedParts;
}

/** Reads the segments one after the other into the joint that `begin` makes of the new file. */
export function joinOneByOne(
  paths: readonly string[],
  outputPath: string,
  onProgress: JoinProgress,
  begin: (output: NewFile) => Joint,
): JoinedParts {
  const output = new NewFile(outputPath);
  try {
    const joint = begin(output);
    let bytesBefore = 0;
    for (const path of paths) {
      bytesBefore += withGuardedFile(path, (file) => {
        joint.append(file, (bytes) => onProgress(bytesBefore + bytes));
        return file.sizeBytes;
      });
    }
    return joint.finish();
  } finally {
    output.close();
  }
}
