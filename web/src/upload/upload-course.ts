import type { Receipt, TusAnswer } from '../transfer/tus-client.ts';

/** How far the upload of one file is. */
export interface UploadCourse {
  /** Null before the server knows of it. */
  readonly url: string | null;
  /** What the server holds; null when it must be asked. */
  readonly offsetBytes: number | null;
  readonly failuresInRow: number;
  readonly receipt: Receipt | null;
  /** Why it ended without a recording. */
  readonly refusal: string | null;
}

export type UploadMove = 'create' | 'ask' | 'send' | 'done' | 'refused' | 'give-up';

/** As many failures in a row are tried through, about a minute; then a person decides when to go on. */
export const MAX_FAILURES_IN_ROW = 9;

export function beginCourse(resumeUrl: string | null): UploadCourse {
  return { url: resumeUrl, offsetBytes: null, failuresInRow: 0, receipt: null, refusal: null };
}

export function nextMove(course: UploadCourse): UploadMove {
  if (course.receipt) return 'done';
  if (course.refusal !== null) return 'refused';
  if (course.failuresInRow >= MAX_FAILURES_IN_ROW) return 'give-up';
  if (course.url === null) return 'create';
  return course.offsetBytes === null ? 'ask' : 'send';
}

/** The course after the server's `answer` to the last move. */
export function advance(course: UploadCourse, answer: TusAnswer): UploadCourse {
  switch (answer.kind) {
    case 'created':
      return { ...course, url: answer.url, offsetBytes: 0, failuresInRow: 0 };
    case 'accepted':
      return { ...course, offsetBytes: answer.offsetBytes, receipt: answer.receipt, failuresInRow: 0 };
    case 'conflict':
    case 'damaged':
    case 'busy':
    case 'unreachable':
      return { ...course, offsetBytes: null, failuresInRow: course.failuresInRow + 1 };
    case 'gone':
      return { ...course, url: null, offsetBytes: null, failuresInRow: course.failuresInRow + 1 };
    case 'unauthorised':
      return { ...course, offsetBytes: null, failuresInRow: MAX_FAILURES_IN_ROW };
    case 'refused':
      return { ...course, refusal: answer.message };
  }
}

/** For a duplicate the server names the recording it already had, else the upload's own id. */
export function isDuplicate(url: string, receipt: Receipt): boolean {
  return !new URL(url, 'http://localhost').pathname.endsWith(`/${receipt.recordingId}`);
}
