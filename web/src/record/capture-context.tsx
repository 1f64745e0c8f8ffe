import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { losslessOf, type Preset } from '../../../src/model/preset.ts';
import type { Capture, CaptureSnapshot } from '../capture/capture-port.ts';
import { LevelHistory } from './level-history.ts';
import { browserMemory, PresetChoice } from './preset-choice.ts';

interface CaptureHouse {
  readonly capture: Capture;
  readonly levels: LevelHistory;
  readonly presets: PresetChoice;
}

const CaptureContext = createContext<CaptureHouse | null>(null);

/** Stands above the routes: a take goes on whatever page is shown. */
export function CaptureProvider({
  capture,
  children,
}: {
  readonly capture: Capture;
  readonly children: ReactNode;
}) {
  const house = useMemo(
    () => ({ capture, levels: new LevelHistory(capture), presets: new PresetChoice(browserMemory()) }),
    [capture],
  );
  useEffect(() => house.levels.follow(), [house]);
  return <CaptureContext value={house}>{children}</CaptureContext>;
}

function useHouse(): CaptureHouse {
  const house = useContext(CaptureContext);
  if (!house) throw new Error('The capture context is missing above this component.');
  return house;
}

export function useCapture(): Capture {
  return useHouse().capture;
}

export function useLevelHistory(): LevelHistory {
  return useHouse().levels;
}

/** How the next take is encoded; renders again when that changes. */
export function usePresetChoice(): PresetChoice {
  const { presets } = useHouse();
  useSyncExternalStore(presets.subscribe, () => `${presets.chosen.id} ${presets.custom.id}`);
  return presets;
}

/** Tells how a take with a preset is encoded here: a browser without an encoder for Opus makes FLAC of it. */
export function useAsRecorded(): (preset: Preset) => Preset {
  const encodesOpus = useCaptureValue((snapshot) => snapshot.encodesOpus);
  return encodesOpus ? asItIs : losslessOf;
}

function asItIs(preset: Preset): Preset {
  return preset;
}

export function useCaptureSnapshot(): CaptureSnapshot {
  const { capture } = useHouse();
  return useSyncExternalStore(
    (listener) => capture.subscribe(listener),
    () => capture.snapshot(),
  );
}

/** One value of the snapshot; renders again only when that value differs. */
export function useCaptureValue<Value extends string | number | boolean | null>(
  read: (snapshot: CaptureSnapshot) => Value,
): Value {
  const { capture } = useHouse();
  return useSyncExternalStore(
    (listener) => capture.subscribe(listener),
    () => read(capture.snapshot()),
  );
}
