import { describe, expect, it } from 'vitest';
import { advance, beginCourse, isDuplicate, MAX_FAILURES_IN_ROW, nextMove } from './upload-course.ts';

const URL_OF_UPLOAD = 'http://127.0.0.1/api/uploads/0199';
const receipt = { recordingId: '0199', checksum: 'ab' };
const sending = { ...beginCourse(URL_OF_UPLOAD), offsetBytes: 8 };

describe('the course of an upload', () => {
  it('creates, sends and is done when a receipt comes', () => {
    let course = beginCourse(null);
    expect(nextMove(course)).toBe('create');
    course = advance(course, { kind: 'created', url: URL_OF_UPLOAD });
    expect(nextMove(course)).toBe('send');
    course = advance(course, { kind: 'accepted', offsetBytes: 8, receipt: null });
    expect(nextMove(course)).toBe('send');
    course = advance(course, { kind: 'accepted', offsetBytes: 10, receipt });
    expect(nextMove(course)).toBe('done');
  });

  it('asks the server first when an upload is taken up again', () => {
    expect(nextMove(beginCourse(URL_OF_UPLOAD))).toBe('ask');
  });

  it.each(['conflict', 'damaged', 'busy'] as const)('asks where the server stands after %s', (kind) => {
    expect(nextMove(advance(sending, { kind }))).toBe('ask');
  });

  it('begins anew when the server does not know the upload any more', () => {
    const course = advance(sending, { kind: 'gone' });
    expect(nextMove(course)).toBe('create');
    expect(course.url).toBeNull();
  });

  it('gives up only after many failures in a row, and an answer resets their count', () => {
    let course = sending;
    for (let i = 0; i < MAX_FAILURES_IN_ROW - 1; i++) {
      course = { ...advance(course, { kind: 'unreachable', retryAfterMs: null }), offsetBytes: 8 };
    }
    expect(nextMove(course)).toBe('send');
    expect(advance(course, { kind: 'accepted', offsetBytes: 8, receipt: null }).failuresInRow).toBe(0);
    expect(nextMove(advance(course, { kind: 'unreachable', retryAfterMs: null }))).toBe('give-up');
  });

  it('stops at once when nobody is signed in, keeping its place', () => {
    const course = advance(sending, { kind: 'unauthorised' });
    expect(nextMove(course)).toBe('give-up');
    expect(course.url).toBe(URL_OF_UPLOAD);
  });

  it('keeps the sentence of a refusal', () => {
    const course = advance(sending, { kind: 'refused', message: 'It is text.', isFinal: true });
    expect(nextMove(course)).toBe('refused');
    expect(course.refusal).toBe('It is text.');
  });

  it('knows a duplicate by the id of the recording the server names', () => {
    expect(isDuplicate(URL_OF_UPLOAD, receipt)).toBe(false);
    expect(isDuplicate(URL_OF_UPLOAD, { ...receipt, recordingId: '0042' })).toBe(true);
  });
});
