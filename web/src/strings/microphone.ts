export const microphone = {
  denied: 'The browser does not let this page use the microphone.',
  missing: 'No microphone was found. Plug one in, or switch it on in the system’s settings.',
  unavailable: 'This browser has no microphone to offer to this page.',
  inUse: 'The microphone is in use by another program. Close it there and try again.',
  insecure: 'Browsers give the microphone only to secure addresses.',
  insecureRemedy: (loopback: string) =>
    `Open this page on the server’s own machine as ${loopback}, or start the server with --tls-cert and --tls-key and use https.`,
  why: 'The page listens only while the red lamp of the recorder is lit, or while you test the level.',
  allow: 'Allow the microphone',
  asking: 'The browser is asking for the microphone: choose Allow.',
  steps: {
    chromium: 'Click the icon at the left of the address, set Microphone to Allow, then try again.',
    firefox: 'Click the microphone icon at the left of the address, remove the block, then try again.',
    safari: 'Open Safari, Settings for this website, set Microphone to Allow, then reload the page.',
    ios: 'Tap the page menu beside the address, Website Settings, Microphone, Allow. If it is still refused: Settings, Apps, Safari, Microphone.',
    android:
      'Tap the icon beside the address, Permissions, Microphone, Allow. If it is still refused: Settings, Apps, your browser, Permissions.',
  },
} as const;
