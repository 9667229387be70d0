import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** What every answer carries: it is not to be sniffed, framed, or read by other sites. There is no CORS. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

/**
 * Why a request is refused as one that a foreign web page makes with a visitor's browser; undefined when it is not. The API has no
 * login, so whoever can send a request to it can close a valve: a page of another origin must not, and neither
 * must one whose name was made to point at this machine (DNS rebinding).
 */
export function refusalOf(headers: IncomingHttpHeaders, ownName: string): string | undefined {
  const host = headers.host ?? '';
  if (!isTrustedHost(host, ownName))
    return 'the Host header is not an IP address, localhost or the name given to --host';
  const { origin } = headers;
  if (origin !== undefined && hostOfOrigin(origin) !== host.toLowerCase())
    return 'the Origin header is not this server';
  if (headers['sec-fetch-site'] === 'cross-site') return 'the request was made by a page of another site';
  return undefined;
}

/** An address and a name without a dot cannot be registered by a stranger and then be pointed at this machine. */
function isTrustedHost(host: string, ownName: string): boolean {
  const name = nameOf(host);
  return name !== undefined && (isIP(name) !== 0 || !name.includes('.') || name === ownName.toLowerCase());
}

function nameOf(host: string): string | undefined {
  if (!URL.canParse(`http://${host}`)) return undefined;
  const { hostname, username, pathname } = new URL(`http://${host}`);
  return username === '' && pathname === '/' ? hostname.replace(/^\[(.*)\]$/, '$1') : undefined;
}

function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
