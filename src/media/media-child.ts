import { constants, setPriority } from 'node:os';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { VoiceRecorderError } from '../model/failure.ts';

import { findFaults } from './find-faults.ts';
import { joinAudio } from './join-audio.ts';
import { measureAudio } from './measure-audio.ts';
import type { MediaAnswers, MediaCall, MediaReply, MediaRequest } from './media-messages.ts';
import { writePeaks } from './peaks-build.ts';
import { probe } from './probe.ts';
import { renderPlayable } from './render-playable.ts';
import { repairAudio } from './repair-audio.ts';
import { VorbisSetups } from './vorbis-setup.ts';

const PROGRESS_EVERY_MS = 200;
const parentId = process.ppid;
const vorbisSetups = new VorbisSetups();
const send = process.send?.bind(process);
if (send === undefined)
  throw new Error('This module only runs as a child process with a channel to its parent.');
Log.setLevel(AV_LOG_QUIET);
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => answer(message as MediaCall));
reply({ callId: 0, type: 'ready' });

function answer({ callId, request }: MediaCall): void {
  const progress = makeProgress(callId);
  try {
    reply({ callId, type: 'done', answer: perform(request, progress) });
  } catch (error) {
    const isOurs = error instanceof VoiceRecorderError;
    reply({
      callId,
      type: 'failed',
      code: isOurs ? error.code : undefined,
      message: isOurs ? error.message : `The media process failed unexpectedly: ${String(error)}`,
      details: isOurs ? error.details : {},
    });
  }
}

function perform(request: MediaRequest, progress: (share: number) => void): MediaAnswers[keyof MediaAnswers] {
  switch (request.kind) {
    case 'probe':
      return probe(request.path, request.filename, { onProgress: () => progress(0), vorbisSetups });
    case 'measure':
      // Nobody waits for it. A line of its own runs these, for a process does not get its priority back.
      setPriority(constants.priority.PRIORITY_LOW);
      return measureAudio(request.path, progress);
    case 'peaks':
      return writePeaks(request.path, request.temporaryPath, progress);
    case 'render':
      return renderPlayable(request.path, request.temporaryPath, progress);
    case 'faults':
      return findFaults(request.path, progress);
    case 'repair':
      return repairAudio(request.path, request.temporaryPath, progress, request.likePath);
    case 'join':
      return joinAudio(request.paths, request.temporaryPath, progress);
  }
}

/** Tells the parent at most every 200 ms how far a call is, and that it lives. */
function makeProgress(callId: number): (share: number) => void {
  let toldAt = performance.now();
  return (share) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = now;
    // In the middle of a long call no event tells that the parent is gone.
    if (process.ppid !== parentId) process.exit(0);
    reply({ callId, type: 'progress', share: Math.min(Math.max(share, 0), 1) });
  };
}

function reply(message: MediaReply): void {
  send?.(message, () => undefined);
}
