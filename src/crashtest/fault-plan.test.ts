import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, type Fault, planFaults } from './fault-plan.ts';

function first(count: number, seed: number, possible = [...FAULT_KINDS]): Fault[] {
  const faults: Fault[] = [];
  for (const fault of planFaults(seed, possible)) {
    faults.push(fault);
    if (faults.length === count) break;
  }
  return faults;
}

describe('the plan of faults', () => {
  it('is the same for the same seed and another for another', () => {
    expect(first(200, 7)).toEqual(first(200, 7));
    expect(first(200, 7)).not.toEqual(first(200, 8));
  });

  it('has every kind of fault in it', () => {
    expect(new Set(first(300, 1).map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  });

  it('leaves out what cannot be done, and keeps the order of the others', () => {
    const possible = FAULT_KINDS.filter((kind) => kind !== 'kill-media');
    const others = first(300, 3).filter(({ kind }) => kind !== 'kill-media');
    expect(first(others.length, 3, possible)).toEqual(others);
  });
});
