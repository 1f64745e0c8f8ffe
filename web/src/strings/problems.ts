export const connection = {
  online: 'Connected',
  retrying: 'Trying to reach the server',
  offline: 'Server not reachable, the take is kept in this browser',
  unauthorised: 'Signed out, the take is kept in this browser',
} as const;

export const problems = {
  'local-storage-failed':
    'Free some space on this device. Until then only what is safe on the server is kept.',
  'memory-full':
    'Leave this tab open: what is still missing on the server is in its memory and is sent as soon as the server answers.',
  'encoder-failed': 'Press Resume to go on with the take, or Stop to end it with what is there.',
  'input-silent': 'Check that the right microphone is chosen, plugged in and not muted.',
  'channel-silent': 'Check the cable and the second microphone; a mono preset mixes both channels.',
  'input-quiet': 'Move closer or turn the input up, if someone is speaking.',
  'input-clipping': 'Move back or turn the input down: what is cut off cannot be mended.',
  'input-stalled': 'Check the plug. The take goes on as soon as sound arrives.',
  'input-muted': 'Unmute it at the device, at the headset or in the system. The take goes on by itself.',
  'samples-lost': 'The place is marked on the timeline. Other programs may keep this machine too busy.',
  'page-frozen': 'The take goes on, and the place is marked on its timeline.',
  'clock-changed': 'The moment is marked on the timeline.',
  'input-waiting': 'Click anywhere on this page.',
  'device-lost': 'Plug the microphone in again or choose another one. The take goes on as a further part.',
  'server-refused': 'Save the take as a file, so that you have it in your own hands.',
  'details-refused': 'Shorten them and try once more, here or in the library.',
  'engine-failed': 'Load this page again: the take is found and goes on.',
  'nothing-recorded': 'Wait until the captured seconds move before you stop.',
} as Readonly<Record<string, string>>;
