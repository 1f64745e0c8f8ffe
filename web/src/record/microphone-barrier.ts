import type { CaptureSnapshot } from '../capture/capture-port.ts';

/** What keeps the microphone away from this page. */
export type MicrophoneBarrier =
  /** The address is neither https nor this very machine. */
  | 'insecure'
  /** Another page shows this one inside itself and does not pass the microphone on. */
  | 'framed'
  /** The server, or a proxy before it, sends a Permissions-Policy that forbids it. */
  | 'forbidden'
  | 'denied'
  /** The browser would, but the system does not give it to the browser. */
  | 'denied-by-system'
  | 'missing'
  | 'in-use'
  | 'unavailable';

export interface MicrophoneSurroundings {
  readonly isSecureContext: boolean;
  readonly isFramed: boolean;
  /** Null where the browser does not tell. */
  readonly isAllowedByPolicy: boolean | null;
  readonly permission: PermissionState | undefined;
  readonly microphone: CaptureSnapshot['microphone'];
}

/** Null while nothing stands in the way, as far as is known. */
export function findBarrier(surroundings: MicrophoneSurroundings): MicrophoneBarrier | null {
  const { isSecureContext, isFramed, isAllowedByPolicy, permission, microphone } = surroundings;
  if (!isSecureContext) return 'insecure';
  if (isAllowedByPolicy === false) return isFramed ? 'framed' : 'forbidden';
  switch (microphone) {
    case 'denied':
      if (permission === 'granted') return 'denied-by-system';
      return isFramed && isAllowedByPolicy === null ? 'framed' : 'denied';
    case 'missing':
    case 'in-use':
    case 'unavailable':
      return microphone;
    case 'unknown':
    case 'asking':
    case 'open':
      return null;
  }
}

/** Whether the page's own policy leaves it the microphone; null where the browser does not tell. */
export function isAllowedByPolicy(page: Document): boolean | null {
  interface Policy {
    allowsFeature(feature: string): boolean;
  }
  const { permissionsPolicy, featurePolicy } = page as { permissionsPolicy?: Policy; featurePolicy?: Policy };
  return (permissionsPolicy ?? featurePolicy)?.allowsFeature('microphone') ?? null;
}

/** Addresses of this server that a browser takes for secure: on its own machine, and once it speaks TLS. */
export function secureAddresses(here: { readonly hostname: string; readonly port: string }): {
  readonly loopback: string;
  readonly https: string;
} {
  const port = here.port === '' ? '' : `:${here.port}`;
  return { loopback: `http://127.0.0.1${port}`, https: `https://${here.hostname}${port}` };
}
