import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';

/** A file system of its own that may be filled and broken. Only root on Linux may make one. */
export interface SmallDisk {
  readonly kind: 'tmpfs' | 'ext4';
  /** ext4 only: an error is found in it, whereupon the kernel lets nobody write any more. */
  turnReadOnly(): Promise<void>;
  /** Unmounts, checks and mounts it again. */
  mend(): Promise<void>;
  dispose(): Promise<void>;
}

export const canMakeSmallDisk =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('mkfs.ext4', ['-V']).status === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

export async function makeSmallDisk(
  kind: SmallDisk['kind'],
  mountPoint: string,
  sizeMb: number,
): Promise<SmallDisk> {
  await mkdir(mountPoint);
  const image = `${mountPoint}.img`;
  const call = (program: string, ...args: string[]) =>
    execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  const mountImage = () => call('mount', '-o', 'loop,errors=remount-ro', image, mountPoint);
  if (kind === 'tmpfs') call('mount', '-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', mountPoint);
  else {
    writeFileSync(image, '');
    truncateSync(image, sizeMb * 1024 * 1024);
    call('mkfs.ext4', '-q', '-F', image);
    mountImage();
  }
  return {
    kind,
    turnReadOnly: async () => {
      const device = basename(call('findmnt', '-n', '-o', 'SOURCE', mountPoint));
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'made for a test');
    },
    mend: async () => {
      call('umount', mountPoint);
      // 1: errors were found and corrected.
      if ((spawnSync('e2fsck', ['-f', '-y', image]).status ?? 9) > 1) throw new Error('It cannot be mended.');
      mountImage();
    },
    dispose: async () => {
      call('umount', '-l', mountPoint);
      rmSync(image, { force: true });
    },
  };
}
