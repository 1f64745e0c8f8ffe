export const take = {
  parts: 'Parts',
  partCount: (count: number) => (count === 1 ? '1 part' : `${count} parts`),
  part: (number: number) => `Part ${number}`,
  downloadPart: (number: number) => `Download original of part ${number}`,
  downloadJoined: 'Download all in one file',
  joinedCopy: 'In one file: the audio of the parts as it is, put together without encoding it again.',
  joinedEncoded: 'In one file: the parts differ in format and are put together as FLAC.',
  trash: 'Move all parts to trash',
  restore: 'Restore all parts',
  trashed: 'All parts of this take lie in the trash. They can be restored at any time.',
  arriving: 'A further part of this take is still on its way.',
  missing: (numbers: string, count: number) =>
    count === 1
      ? `Part ${numbers} is not here: it has not arrived yet, or lies in the trash.`
      : `Parts ${numbers} are not here: they have not arrived yet, or lie in the trash.`,
  notJoined: (reason: string) => `The parts cannot be played as one. ${reason}`,
  gap: (cause: string, length: string) => (length === '' ? cause : `${cause}, ${length} missing`),
  causes: {
    split: 'Next part begins, nothing is missing',
    paused: 'Paused',
    reload: 'Page was loaded again',
    'device-changed': 'Another microphone',
    'device-lost': 'Microphone was gone',
    'encoder-failed': 'Encoder failed',
    'storage-failed': 'Storage failed',
    asleep: 'Machine was asleep',
    'segment-missing': 'A part is missing here',
    unknown: 'Recording was interrupted',
  } as Readonly<Record<string, string>>,
} as const;
