export const connection = {
  online: 'Connected',
  retrying: 'Trying to reach the server',
  offline: 'Server not reachable, the take is kept in this browser',
  unauthorised: 'Signed out, the take is kept in this browser',
} as const;

export const problems = {
  'local-storage-failed':
    'Free some space on this device. Until then only what is safe on the server is kept.',
  'encoder-failed': 'Press Resume to go on with the take, or Stop to end it with what is there.',
  'input-silent': 'Check that the right microphone is chosen, plugged in and not muted.',
  'input-waiting': 'Click anywhere on this page.',
  'device-lost': 'Plug the microphone in again or choose another one. The take goes on as a further part.',
  'server-refused': 'Save the take as a file, so that you have it in your own hands.',
  'details-refused': 'Shorten them and try once more, here or in the library.',
  'engine-failed': 'Load this page again: the take is found and goes on.',
  'nothing-recorded': 'Wait until the captured seconds move before you stop.',
} as Readonly<Record<string, string>>;
