import { useCallback } from 'react';
import { messageOf } from '../api/http.ts';
import type { Capture } from '../capture/capture-port.ts';
import { renderTakeTitle } from '../format/take-title.ts';
import { STRINGS } from '../strings.ts';
import { useToast } from '../ui/toasts.tsx';
import { useCapture, usePresetChoice } from './capture-context.tsx';
import { canStart } from './capture-phases.ts';
import type { PresetChoice } from './preset-choice.ts';

export interface RecordActions {
  /** Record, or pause and resume during a take. */
  toggle(): void;
  start(): void;
  stop(): void;
}

/** What the buttons and keys of the recorder do, with every failure said on the page. */
export function useRecordActions(): RecordActions {
  const capture = useCapture();
  const presets = usePresetChoice();
  const toast = useToast();
  const say = useCallback((error: unknown) => toast({ kind: 'error', message: messageOf(error) }), [toast]);
  return {
    start: () => void startTake(capture, presets).catch(say),
    stop: () => void capture.stop().catch(say),
    toggle: () => {
      const { phase } = capture.snapshot();
      if (phase === 'recording') capture.pause();
      else if (phase === 'paused') capture.resume();
      else if (canStart(phase)) void startTake(capture, presets).catch(say);
    },
  };
}

async function startTake(capture: Capture, presets: PresetChoice): Promise<void> {
  if (capture.snapshot().isOwnedElsewhere) throw new Error(STRINGS.record.elsewhere);
  if (capture.snapshot().microphone !== 'open') await capture.openInput();
  // A refused microphone is said by its own notice, with what to do in this browser.
  if (capture.snapshot().microphone !== 'open') return;
  await capture.start({
    presetId: presets.chosen.id,
    title: renderTakeTitle(STRINGS.record.titleTemplate, new Date()),
  });
}
