/** What can go wrong during a take, by code; the pages may say it in other words. */
export const PROBLEMS = {
  'local-storage-failed':
    'This browser could not write to its own storage; the take goes on to the server only.',
  'memory-full':
    'This browser has no room left and the server was out of reach for too long: the take has been ended before anything of it was lost.',
  'recorded-elsewhere': 'Another tab of this browser records already; one take runs at a time.',
  'encoder-failed':
    'The encoder of this browser stopped; what it wrote before is kept, and the take can go on.',
  'input-silent': 'Nothing but digital silence comes from the microphone; is it switched off?',
  'channel-silent': 'One of the two channels carries no sound.',
  'input-quiet': 'Hardly any sound comes from the microphone.',
  'input-clipping': 'The input is too loud and distorts.',
  'input-stalled': 'No sound arrives from the microphone any more.',
  'input-muted': 'The system has muted the microphone.',
  'samples-lost': 'Some sound did not arrive.',
  'page-frozen': 'This page, or the whole machine, stood still.',
  'clock-changed': 'The clock of this machine was set; the take is not disturbed.',
  'input-waiting': 'The browser waits for a click before it listens again; what was recorded before is kept.',
  'device-lost': 'The microphone is gone; what was recorded is kept, and the take can go on when it is back.',
  'server-refused': 'The server does not take this recording; its bytes stay in this browser.',
  'details-refused': 'The recording is saved, but the server does not take its new title, tags or notes.',
  'engine-failed':
    'The recorder of this page has stopped; what it wrote is kept. Load the page again to go on.',
  'nothing-recorded': 'The take was over before any sound was recorded.',
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
