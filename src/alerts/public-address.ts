import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { VoiceRecorderError } from '../model/failure.ts';

/** Addresses that only this machine or its neighbours have (RFC 6890 and the registries it founded). */
const INNER = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  INNER.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  INNER.addSubnet(network, prefix, 'ipv6');

/** True for what the whole Internet may have; IPv4 written as IPv6 is judged as IPv4. */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  if (kind === 0) return false;
  const mapped = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isPublicAddress(mapped);
  // BlockList knows mapped addresses in their other spelling too.
  return !INNER.check(address, kind === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Looks a name up and gives only addresses that are public: what is asked is what is connected to, so that a name
 * cannot mean another place a moment later.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, []);
    const isPublic = found.length > 0 && found.every(({ address }) => isPublicAddress(address));
    if (!isPublic) return callback(notPublic(hostname), []);
    if (options.all === true) return callback(null, found);
    const [first] = found;
    callback(null, first?.address ?? '', first?.family);
  });
};

export function notPublic(host: string): VoiceRecorderError {
  return new VoiceRecorderError(
    'alert-target-refused',
    `${host} is an address of this machine or of its network. Messages go there only when the configuration file names it.`,
  );
}
