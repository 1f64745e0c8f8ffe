import { spawnSync } from 'node:child_process';

/** What people use instead: a shell script that brings the WAV files of `$1` to `$2`, so that they last. */
export interface Peer {
  readonly name: string;
  readonly program: string;
  readonly script: string;
  /** Makes what the script needs; not timed. */
  readonly prepare?: string;
  /** Null: reported beside, for it keeps no checksums or makes nothing last. */
  readonly leastRatio: number | null;
}

export const PEERS: readonly Peer[] = [
  {
    name: 'borg',
    program: 'borg',
    prepare: 'borg init -e none "$2"',
    script: 'borg create --compression none "$2"::all "$1" && sync -f "$2"',
    leastRatio: 1.5,
  },
  {
    name: 'restic, no compression',
    program: 'restic',
    prepare: 'restic init --repository-version 2 --repo "$2"',
    script: 'restic backup --compression off --repo "$2" "$1" && sync -f "$2"',
    leastRatio: 1.5,
  },
  {
    name: 'git-annex',
    program: 'git-annex',
    prepare:
      'git init "$2" && cd "$2" && git config user.name bench && git config user.email bench@localhost && git annex init',
    script: 'cd "$2" && git annex import --duplicate "$1" && git commit -m all && sync -f "$2"',
    leastRatio: 1.5,
  },
  {
    name: 'rclone copy',
    program: 'rclone',
    script: 'rclone copy "$1" "$2" && sync -f "$2"',
    leastRatio: null,
  },
  {
    name: 'beets',
    program: 'beet',
    prepare: 'mkdir "$2"',
    script: 'beet -d "$2" -l "$2/library.db" import -q -A -c "$1"',
    leastRatio: null,
  },
];

export function isInstalled({ program }: Peer): boolean {
  return (
    spawnSync(program, [program === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' }).error ===
    undefined
  );
}
