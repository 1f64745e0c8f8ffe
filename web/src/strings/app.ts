export const app = {
  name: 'Voice Recorder Pro',
  skipToContent: 'Skip to the content',
  navigation: 'Pages',
  record: 'Record',
  library: 'Library',
  trash: 'Trash',
  storage: 'Storage',
  health: 'Health',
  keys: 'Keyboard keys',
  close: 'Close',
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  retry: 'Try again',
  stored: (count: string, isOne: boolean, size: string) =>
    `${count} ${isOne ? 'recording' : 'recordings'}, ${size}`,
  notFound: 'There is no such page.',
  notFoundLink: 'Go to the recorder',
  pageTitle: (page: string) => `${page} · Voice Recorder Pro`,
  crashed: 'This page stopped because of an error in it. Your recordings are not affected.',
  reload: 'Reload the page',
} as const;

export const keys = {
  heading: 'Keyboard keys',
  groups: { everywhere: 'Everywhere', recorder: 'Recorder', player: 'Player' } as Readonly<
    Record<string, string>
  >,
  rows: {
    everywhere: [
      ['?', 'This list'],
      ['/', 'Search the library'],
    ],
    recorder: [
      ['r or space', 'Record; during a take pause and resume'],
      ['s', 'Stop the take'],
      ['m', 'Set a marker'],
    ],
    player: [
      ['space or k', 'Play and pause'],
      ['j and l', 'Back and forward 10 seconds'],
      ['← and →', 'Back and forward 5 seconds'],
    ],
  } as Readonly<Record<string, readonly (readonly [string, string])[]>>,
} as const;

export const collections = {
  add: 'Add to a collection',
  remove: (collection: string) => `Take out of the collection ${collection}`,
  filter: 'Collection',
  all: 'All collections',
  counted: (collection: string, count: number) => `${collection} (${count})`,
} as const;

export const chips = {
  add: 'Add a tag',
  remove: (tag: string) => `Remove the tag ${tag}`,
} as const;
