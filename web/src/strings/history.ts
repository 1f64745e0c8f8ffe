const quoted = (words: readonly string[]) => words.map((word) => `“${word}”`).join(', ');

export const history = {
  heading: 'History',
  owner: 'Owner',
  title: (before: string, after: string) => `Title: “${before}” became “${after}”`,
  tags: (added: readonly string[], removed: readonly string[]) => words('Tags', added, removed),
  collections: (added: readonly string[], removed: readonly string[]) => words('Collections', added, removed),
  notesWritten: (after: string) => `Notes written: “${after}”`,
  notesRemoved: (before: string) => `Notes removed: “${before}”`,
  notesChanged: (before: string, after: string) => `Notes: “${before}” became “${after}”`,
  markers: (before: number, after: number) => `Markers: ${before} became ${after}`,
  markersChanged: 'Markers changed',
  recordedAt: (before: string, after: string) => `Recorded: ${before} became ${after}`,
  recordedAtSource: 'How the date of recording is known',
  noDate: 'no date',
  trashed: 'Moved to the trash',
  restored: 'Taken out of the trash',
  undid: 'Took an earlier change back',
  undo: 'Undo',
  undoLabel: (what: string) => `Undo: ${what}`,
  undone: 'The change was undone.',
  failed: (reason: string) => `Not undone: ${reason}`,
  more: 'Show earlier changes',
} as const;

function words(name: string, added: readonly string[], removed: readonly string[]): string {
  const parts = [
    ...(added.length > 0 ? [`added ${quoted(added)}`] : []),
    ...(removed.length > 0 ? [`removed ${quoted(removed)}`] : []),
  ];
  return `${name}: ${parts.length > 0 ? parts.join('; ') : 'in another order'}`;
}
