import { customPreset, DEFAULT_PRESET, findPreset, PRESETS, type Preset } from '../../../src/model/preset.ts';

/** What the chosen qualities are remembered in: the browser's own memory for this origin. */
export type ChoiceMemory = Pick<Storage, 'getItem' | 'setItem'>;

const CHOSEN = 'vrp-preset';
const CUSTOM = 'vrp-custom-preset';
const FIRST_CUSTOM = customPreset('opus', 2, 96_000);

/** How the next take is encoded; this browser's last choice. */
export class PresetChoice {
  readonly #memory: ChoiceMemory | null;
  readonly #listeners = new Set<() => void>();
  #chosen: Preset;
  #custom: Preset;

  /** `memory` null: what is chosen lasts as long as this page. */
  constructor(memory: ChoiceMemory | null) {
    this.#memory = memory;
    this.#custom = this.#recall(CUSTOM) ?? FIRST_CUSTOM;
    this.#chosen = this.#recall(CHOSEN) ?? DEFAULT_PRESET;
  }

  get chosen(): Preset {
    return this.#chosen;
  }

  /** The custom one that was chosen last. */
  get custom(): Preset {
    return this.#custom;
  }

  readonly choose = (preset: Preset): void => {
    this.#chosen = preset;
    this.#remember(CHOSEN, preset);
    if (isCustom(preset)) {
      this.#custom = preset;
      this.#remember(CUSTOM, preset);
    }
    for (const listener of [...this.#listeners]) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #recall(key: string): Preset | undefined {
    try {
      return findPreset(this.#memory?.getItem(key) ?? '');
    } catch {
      return undefined;
    }
  }

  #remember(key: string, { id }: Preset): void {
    try {
      this.#memory?.setItem(key, id);
    } catch {
      // Some browsers forbid it, or have no room: it lasts as long as this page.
    }
  }
}

export function isCustom({ id }: Preset): boolean {
  return PRESETS.every((preset) => preset.id !== id);
}

/** Null where the browser forbids even to name it. */
export function browserMemory(): ChoiceMemory | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
