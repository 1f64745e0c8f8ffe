export const login = {
  heading: 'Sign in',
  body: 'Run this on the machine where the recorder lives; it prints a link that signs you in:',
  command: 'vrp start',
  linkNote: 'The link works once, for ten minutes. Starting again prints a new one.',
  token: 'Or sign in with a token',
  tokenHint: 'The command “vrp token” prints the owner’s token.',
  submit: 'Sign in',
  wrongToken: 'This token is not known to the server, or it was revoked.',
  usedCode:
    'This login link was used before or is older than ten minutes. Start the server again for a new one.',
  unreachable: 'The server does not answer. Is it running?',
  signedOut:
    'You are signed out. Recording goes on and takes are kept in this browser; sign in to send them.',
  signInHere:
    'The take goes on meanwhile. A login link opened in this browser does as well: this page notices by itself.',
  signIn: 'Sign in',
} as const;
