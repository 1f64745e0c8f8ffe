export const library = {
  heading: 'Library',
  search: 'Search titles, tags, notes and file names',
  searchShort: 'Search',
  clearSearch: 'Clear the search',
  tagFilter: 'Only this tag',
  list: 'Recordings',
  importFiles: 'Import files',
  empty: 'Nothing here yet.',
  emptyBody: 'Record something, or drop audio files anywhere on this page.',
  nothingFound: 'No recording matches.',
  nothingFoundBody:
    'Search looks at words in titles, tags, notes and file names. “Quotes” find words in a row, -word leaves some out.',
  choose: 'Choose a recording from the list.',
  back: 'Back to the list',
  warnings: (count: number) =>
    count === 1 ? '1 remark about this file' : `${count} remarks about this file`,
  lengthUnknown: 'length unknown',
  loadingMore: 'Loading more…',
  showMore: 'Show more',
  today: 'Today',
  yesterday: 'Yesterday',
  failed: 'The library could not be read.',
} as const;

export const trash = {
  heading: 'Trash',
  body: 'What lies here keeps its file. Nothing is deleted by itself.',
  empty: 'The trash is empty.',
  movedToTrash: (title: string) => `“${title}” was moved to the trash.`,
  restored: (title: string) => `“${title}” was restored.`,
  undo: 'Undo',
  trashedAt: (when: string) => `In the trash since ${when}`,
  failed: (reason: string) => `That did not work: ${reason}`,
} as const;
