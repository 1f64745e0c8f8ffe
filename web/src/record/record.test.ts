import { describe, expect, it } from 'vitest';
import { browserFamily } from './browser-family.ts';
import { canStart, isAtRest, isTakeRunning } from './capture-phases.ts';
import { shareOfScale } from './decibels.ts';
import { LevelBars } from './level-bars.ts';

describe('the phases of a take', () => {
  it('allow a new take while the last one is still being sent', () => {
    expect(canStart('sending')).toBe(true);
    expect(canStart('finishing')).toBe(false);
  });

  it('let a new version of the page in only when nothing is under way', () => {
    expect(isAtRest('sending')).toBe(false);
    expect(isAtRest('saved')).toBe(true);
    expect(isTakeRunning('paused')).toBe(true);
  });
});

describe('the bars of a take', () => {
  it('are never safe before a whole report of captured seconds came after them', () => {
    const bars = new LevelBars();
    bars.add(-20, 0);
    bars.add(-21, 0);
    bars.add(-22, 1);
    expect(bars.all.map((bar) => bar.safeAtSeconds)).toEqual([Infinity, Infinity, Infinity]);
    bars.add(-23, 2);
    expect(bars.all.map((bar) => bar.safeAtSeconds)).toEqual([2, 2, Infinity, Infinity]);
    bars.add(-24, 3);
    expect(bars.all.map((bar) => bar.safeAtSeconds)).toEqual([2, 2, 3, Infinity, Infinity]);
  });

  it('are forgotten at the far end, and the dates of the rest stay right', () => {
    const bars = new LevelBars();
    for (let second = 0; second < 200; second++) for (let i = 0; i < 12; i++) bars.add(-20, second);
    expect(bars.all).toHaveLength(1200);
    expect(bars.all.slice(0, 12).map((bar) => bar.safeAtSeconds)).toEqual(Array(12).fill(102));
    expect(bars.all.at(-13)?.safeAtSeconds).toBe(Infinity);
  });
});

describe('the scale of the meter', () => {
  it('runs from the floor to full scale', () => {
    expect(shareOfScale(-60)).toBe(0);
    expect(shareOfScale(-30)).toBe(0.5);
    expect(shareOfScale(0)).toBe(1);
  });

  it('stays on the scale for silence and for what is too loud', () => {
    expect(shareOfScale(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(shareOfScale(-200)).toBe(0);
    expect(shareOfScale(6)).toBe(1);
  });
});

describe('the browser a person sits at', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36',
      'chromium',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'firefox'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15',
      'safari',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/156.0 Safari/604.1',
      'ios',
    ],
    ['Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36', 'android'],
  ])('is told apart by %s', (userAgent, family) => {
    expect(browserFamily(userAgent)).toBe(family);
  });
});
