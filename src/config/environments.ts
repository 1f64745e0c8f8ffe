/** The three places this product runs in, and what differs between them. */
export const ENVIRONMENT_NAMES = ['development', 'testing', 'production'] as const;
/** Which of the three places this is; chooses the defaults of {@link ENVIRONMENTS}. */
export type EnvironmentName = (typeof ENVIRONMENT_NAMES)[number];

export interface EnvironmentDefaults {
  /** Ending of the default data folder's name. */
  readonly folderEnding: string;
  readonly minDiskSpaceMb: number;
  readonly enableDiskSpaceCheck: boolean;
  /** Largest declared import or upload; 0 means no limit but free space. Never judges a running take. */
  readonly maxFileMb: number;
  /** Ranks the clean-up recommendation; nothing is deleted by it. */
  readonly retentionDays: number;
  /** How fast a running server re-reads originals in the background, in MB (10^6 bytes) a second; 0: not at all. */
  readonly patrolMbPerSecond: number;
  /** Seconds from one round of health checks to the next; 0: none but when somebody asks. */
  readonly healthSeconds: number;
}

export const ENVIRONMENTS: Readonly<Record<EnvironmentName, EnvironmentDefaults>> = {
  development: {
    folderEnding: '-dev',
    minDiskSpaceMb: 50,
    enableDiskSpaceCheck: true,
    maxFileMb: 500,
    retentionDays: 30,
    patrolMbPerSecond: 10,
    healthSeconds: 30,
  },
  testing: {
    folderEnding: '-test',
    minDiskSpaceMb: 10,
    enableDiskSpaceCheck: false,
    maxFileMb: 100,
    retentionDays: 7,
    patrolMbPerSecond: 0,
    healthSeconds: 0,
  },
  production: {
    folderEnding: '',
    minDiskSpaceMb: 500,
    enableDiskSpaceCheck: true,
    maxFileMb: 0,
    retentionDays: 365,
    patrolMbPerSecond: 10,
    healthSeconds: 30,
  },
};
