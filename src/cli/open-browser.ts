import { spawn } from 'node:child_process';

/** Asks the platform to open `url`; resolves to false when there is no way to (a machine without a desktop). */
export function openBrowser(url: string): Promise<boolean> {
  const [program, args] = openerOf(process.platform, url);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      // The server must be able to end while the browser stays.
      child.unref();
      resolve(true);
    });
  });
}

function openerOf(platform: NodeJS.Platform, url: string): [program: string, args: string[]] {
  if (platform === 'darwin') return ['open', [url]];
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]];
  return ['xdg-open', [url]];
}
