import { describe, expect, it } from 'vitest';
import { GroupSync } from './group-sync.ts';

/** A disk whose syncs end when told to. */
class SlowDisk {
  readonly started: { descriptor: number; end: () => void; fail: (error: unknown) => void }[] = [];
  async write(): Promise<void> {
    throw new Error('Nobody writes here.');
  }
  sync(descriptor: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.started.push({ descriptor, end: resolve, fail: reject });
    });
  }
}

const turn = () => new Promise(setImmediate);

describe('the group commit', () => {
  it('syncs all that wait side by side, up to its bound', async () => {
    const disk = new SlowDisk();
    const group = new GroupSync(disk, 3);
    const all = [group.sync(1, 2), group.sync(3, 4)];
    await turn();
    expect(disk.started.map(({ descriptor }) => descriptor)).toEqual([1, 2, 3]);
    for (const sync of disk.started) sync.end();
    await turn();
    expect(disk.started.map(({ descriptor }) => descriptor)).toEqual([1, 2, 3, 4]);
    disk.started[3]?.end();
    await Promise.all(all);
  });

  it('syncs once for all who wait for the same file, and anew for who comes after it began', async () => {
    const disk = new SlowDisk();
    const group = new GroupSync(disk, 3);
    const early = [group.sync(7), group.sync(7)];
    await turn();
    expect(disk.started).toHaveLength(1);
    let isLateDone = false;
    const late = group.sync(7).then(() => {
      isLateDone = true;
    });
    await turn();
    disk.started[0]?.end();
    await Promise.all(early);
    expect(isLateDone).toBe(false);
    await turn();
    expect(disk.started).toHaveLength(2);
    disk.started[1]?.end();
    await late;
  });

  it('answers each as soon as its own files are safe', async () => {
    const disk = new SlowDisk();
    const group = new GroupSync(disk, 3);
    const slow = group.sync(1);
    const quick = group.sync(2);
    await turn();
    disk.started[1]?.end();
    await quick;
    disk.started[0]?.end();
    await slow;
  });

  it('tells a failure only to who waits for that file, and only when none of his syncs is under way', async () => {
    const disk = new SlowDisk();
    const group = new GroupSync(disk, 4);
    const both = group.sync(1, 2);
    const other = group.sync(3);
    let isTold = false;
    const told = both.catch((error: unknown) => {
      isTold = true;
      return error;
    });
    await turn();
    const failure = new Error('EIO');
    disk.started[0]?.fail(failure);
    disk.started[2]?.end();
    await other;
    expect(isTold).toBe(false);
    disk.started[1]?.end();
    expect(await told).toBe(failure);
  });
});
