import { isIP } from 'node:net';
import { VoiceRecorderError } from '../model/failure.ts';

export interface AddressWish {
  /** Name or address to listen on. */
  readonly host: string;
  readonly isTls: boolean;
  /** Origin under which people reach the server through a proxy. */
  readonly publicUrl: string | null;
  /** Further names, with or without a port. */
  readonly allowedHosts: readonly string[];
  readonly isInsecureAllowed: boolean;
}

const WILDCARDS = new Set(['0.0.0.0', '::']);

/** Which addresses are ours: the one answer to "is this request meant for us, and does it come from our page?" */
export class ServerAddress {
  readonly scheme: 'http' | 'https';
  readonly publicUrl: URL | null;
  /** What the socket is bound to. */
  readonly bindHost: string;
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #findPort: () => number;
  /** The Host found to be ours last: nearly every request has the same. */
  #lastOwn: { host: string | undefined; localAddress: string | undefined } | undefined;

  /** Throws `address-not-loopback` for an address others can reach while nothing protects what goes over the wire. */
  constructor(wish: AddressWish, findPort: () => number) {
    this.scheme = wish.isTls ? 'https' : 'http';
    this.publicUrl = wish.publicUrl === null ? null : new URL(wish.publicUrl);
    // One family only: the other one's loopback would be another origin.
    this.bindHost = wish.host === 'localhost' ? '127.0.0.1' : wish.host.replace(/^\[(.*)\]$/, '$1');
    this.#allowedHosts = new Set(wish.allowedHosts.map((host) => host.toLowerCase()));
    this.#findPort = findPort;
    if (!isLoopback(this.bindHost) && !wish.isTls && !this.publicUrl && !wish.isInsecureAllowed) {
      throw new VoiceRecorderError(
        'address-not-loopback',
        `${wish.host} can be reached from other machines, and without TLS everybody in between could listen. Give ` +
          '--tls-cert and --tls-key, or VRP_PUBLIC_URL when a proxy does TLS, or --insecure if you mean it.',
      );
    }
  }

  get port(): number {
    return this.#findPort();
  }

  /** The one origin of the page on this machine; browsers keep unsent takes per origin. */
  get origin(): string {
    const host = WILDCARDS.has(this.bindHost) ? '127.0.0.1' : this.bindHost;
    return new URL(`${this.scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${this.port}`).origin;
  }

  get isSecure(): boolean {
    return (this.publicUrl?.protocol ?? `${this.scheme}:`) === 'https:';
  }

  /** `hostHeader` as sent; `localAddress` is the address of ours that the connection came in on. */
  isOwnHost(hostHeader: string | undefined, localAddress: string | undefined): boolean {
    const last = this.#lastOwn;
    if (last && last.host === hostHeader && last.localAddress === localAddress) return true;
    if (!this.#isOwn(hostHeader, localAddress)) return false;
    this.#lastOwn = { host: hostHeader, localAddress };
    return true;
  }

  #isOwn(hostHeader: string | undefined, localAddress: string | undefined): boolean {
    const host = parseHost(hostHeader, this.scheme);
    if (!host) return false;
    if (this.#allowedHosts.has(host.name) || this.#allowedHosts.has(`${host.name}:${host.port}`)) return true;
    // A name that leads to us only by a hostile resolver is no address literal and no loopback name.
    if (this.publicUrl !== null && host.name === this.publicUrl.hostname) return true;
    if (host.port !== this.port) return false;
    const literal = host.name.replace(/^\[(.*)\]$/, '$1');
    return (
      isLoopbackName(host.name) ||
      literal === this.bindHost ||
      literal === localAddress?.replace(/^::ffff:/, '')
    );
  }

  /** `hostHeader` must have passed {@link isOwnHost}. */
  isOwnOrigin(origin: string, hostHeader: string | undefined): boolean {
    if (origin === this.origin || origin === this.publicUrl?.origin) return true;
    const host = parseHost(hostHeader, this.scheme);
    if (!host || host.name === this.publicUrl?.hostname) return false;
    return origin === `${this.scheme}://${hostHeader}` || origin === `https://${hostHeader}`;
  }

  /** Where the page lives, when `hostHeader` is another loopback name for it. */
  canonicalOriginFor(hostHeader: string | undefined): string | undefined {
    // Behind a proxy the Host may be the proxy's business, and a certificate may know one of the names only.
    if (this.publicUrl || this.scheme === 'https') return undefined;
    const host = parseHost(hostHeader, this.scheme);
    if (!host || !isLoopbackName(host.name)) return undefined;
    const { origin } = this;
    const name = new URL(origin).hostname;
    return isLoopbackName(name) && name !== host.name ? origin : undefined;
  }
}

function parseHost(
  header: string | undefined,
  scheme: 'http' | 'https',
): { name: string; port: number } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/.exec(header?.toLowerCase() ?? '');
  if (!match?.[1]) return undefined;
  return { name: match[1], port: match[2] ? Number(match[2]) : scheme === 'https' ? 443 : 80 };
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]';
}
