import type { RecordingKind } from '../../../src/model/recording.ts';

export const condition = {
  heading: 'Condition',
  accepted: {
    take: 'Received piece by piece while it was recorded. Its SHA-256 was made of every byte that came, and its content was read as audio.',
    file: 'Received as a file. Its SHA-256 was made of every byte that came, and its content was read as audio before it was kept.',
    edit: 'Made here from another recording. Its SHA-256 was made of every byte, and its content was read as audio before it was kept.',
    recovered:
      'Recovered: its sender did not come back, or it was found among the files of the store. Its SHA-256 was made of every byte that was there, and its content was read as audio.',
  } satisfies Record<RecordingKind | 'recovered', string> as Readonly<
    Record<RecordingKind | 'recovered', string>
  >,
  noRemarks: 'Nothing about it was remarked.',
  remarks: (count: number) => (count === 1 ? 'One remark was made:' : `${count} remarks were made:`),
  neverChecked: 'It was not read again since.',
  checkedAt: (when: string) => `Read again on ${when}: as it was received.`,
  faulty: {
    damaged: 'The file here is not what was received.',
    missing: 'The file is not where it belongs.',
  },
  check: 'Check now',
  checking: 'Reading all of it…',
  repair: 'Repair',
  repairing: 'Repairing…',
  sound: 'Every byte is as it was received.',
  openRepaired: 'Open the repaired one',
} as const;

/** What is refused while room is scarce, the most first. */
export const scarceRoom = {
  takes: 'The server has so little room that no new take is begun; what is being recorded goes on.',
  imports: 'The server has little room: files are refused, new takes are not.',
  derived: 'The server’s room gets scarce: no waveforms and playable copies are made any more.',
} as const;
