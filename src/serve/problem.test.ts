import { describe, expect, it } from 'vitest';
import { FAILURES, type FailureCode, VoiceRecorderError } from '../model/failure.ts';
import { answerProblem, STATUS_OF } from './problem.ts';

const codes = Object.keys(FAILURES) as FailureCode[];

describe('the table of statuses', () => {
  it('has a status of refusal or failure for every code, and no other code', () => {
    expect(Object.keys(STATUS_OF).sort()).toEqual([...codes].sort());
    for (const code of codes) {
      expect(STATUS_OF[code], code).toBeGreaterThanOrEqual(400);
      expect(STATUS_OF[code], code).toBeLessThan(600);
    }
  });

  it('answers every code that begins with not-audio or audio with 415', () => {
    for (const code of codes.filter((name) => /^(not-)?audio-/.test(name)))
      expect(STATUS_OF[code], code).toBe(415);
  });
});

describe('a problem', () => {
  it('names code, status and sentence', () => {
    const error = new VoiceRecorderError('upload-busy', 'Two writers.', { details: { id: 'x' } });
    const { problem, headers } = answerProblem(error, 'request-1');
    expect(problem).toEqual({
      type: 'urn:voice-recorder-pro:error:upload-busy',
      title: 'Locked',
      status: 423,
      detail: 'Two writers.',
      code: 'upload-busy',
      details: { id: 'x' },
    });
    expect(headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
  });

  it('tells nothing of an error that is not ours', () => {
    const secret = 'ENOENT: /home/me/secret';
    for (const error of [new Error(secret), secret, null, { statusCode: 500, message: secret }]) {
      const { problem } = answerProblem(error, 'request-1');
      expect(problem).toMatchObject({ status: 500, code: 'internal', requestId: 'request-1' });
      expect(JSON.stringify(problem)).not.toContain('secret');
    }
  });
});
