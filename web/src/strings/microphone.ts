export const microphone = {
  barriers: {
    insecure: 'At this address browsers give no page the microphone.',
    framed: 'This page is shown inside another one, which does not pass the microphone on.',
    forbidden: 'What comes with this page forbids it the microphone.',
    denied: 'The browser does not let this page use the microphone.',
    'denied-by-system': 'The browser allows it, but the system does not give the microphone to the browser.',
    missing: 'No microphone was found.',
    'in-use': 'The microphone cannot be opened; another program may hold it.',
    unavailable: 'This browser has no microphone to offer to this page.',
  },
  remedies: {
    missing: 'Plug one in, or switch it on in the settings of the system.',
    'in-use': 'Close the program that uses it, or plug the microphone in again, then try once more.',
    unavailable: 'Open the page in a recent Chrome, Edge, Firefox or Safari.',
  },
  insecureHere: (origin: string) =>
    `${origin} is neither https nor this browser’s own machine. What helps, whichever suits you:`,
  insecureLoopback: (address: string) =>
    `If the server runs on the machine you sit at, open ${address} instead.`,
  insecureTls: (address: string) =>
    `For other machines start the server with --tls-cert FILE --tls-key FILE, then open ${address}.`,
  insecureProxy: 'Behind a proxy that speaks https set VRP_PUBLIC_URL to its address, and open that one.',
  framed: 'Open it in a tab of its own:',
  forbidden:
    'A proxy before the server probably adds a Permissions-Policy header of its own. The server sends “microphone=(self)”; leave that one alone.',
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
  system: {
    chromium:
      'macOS: System Settings, Privacy & Security, Microphone, switch the browser on. Windows: Settings, Privacy & security, Microphone, let desktop apps use it. Linux: choose an input in the sound settings; a sandboxed browser needs the permission there. Then start the browser again.',
    firefox:
      'macOS: System Settings, Privacy & Security, Microphone, switch Firefox on. Windows: Settings, Privacy & security, Microphone, let desktop apps use it. Linux: choose an input in the sound settings. Then start Firefox again.',
    safari: 'System Settings, Privacy & Security, Microphone: switch Safari on, then start it again.',
    ios: 'Settings, Privacy & Security, Microphone: switch the browser on.',
    android: 'Settings, Apps, your browser, Permissions, Microphone: allow it.',
  },
} as const;
