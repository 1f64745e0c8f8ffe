/** Lines on a terminal that are shown anew in their place. */
export interface LiveLines {
  show(lines: readonly string[]): void;
}

// ECMA-48: cursor up, and erase from there to the end of the screen.
const up = (count: number) => (count === 0 ? '' : `\u001b[${count}A`);
const ERASE_BELOW = '\u001b[0J';

/** `lines` are at most as many columns wide as the terminal: one that breaks would not be found again. */
export function openLiveLines(terminal: NodeJS.WritableStream): LiveLines {
  let shown = 0;
  return {
    show: (lines) => {
      terminal.write(`${up(shown)}${ERASE_BELOW}${lines.map((line) => `${line}\n`).join('')}`);
      shown = lines.length;
    },
  };
}
