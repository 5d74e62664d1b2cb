import { createHmac, timingSafeEqual } from 'node:crypto';

import type { AuthSecrets } from './settings';

/** Better Auth's name for it, with the prefix that it has over TLS or without. */
const NAME = /^(?:__Secure-)?better-auth\.session_token$/;

/** The value of the session's cookie, signature and all; null without one. */
export function sessionCookie(headers: Headers): string | null {
  for (const [name, value] of cookies(headers)) if (NAME.test(name)) return value;
  return null;
}

/**
 * The headers, with session cookies that an older secret has signed signed by the current one.
 *
 * Better Auth decrypts with every secret it is given, but checks cookies with the current one alone: replacing it would sign
 * everybody out. What no secret has signed is left as it is, for Better Auth to refuse.
 */
export function signedByCurrent(headers: Headers, secrets: AuthSecrets): Headers {
  const older = [...secrets.versions.map(({ value }) => value), secrets.unversioned].filter((secret) => secret !== secrets.current);
  if (older.length === 0 || sessionCookie(headers) === null) return headers;
  const renewed = new Headers(headers);
  const pairs = cookies(headers).map(([name, value]) => [name, NAME.test(name) ? resign(value, older, secrets.current) : value]);
  renewed.set('cookie', pairs.map(([name, value]) => `${name}=${value}`).join('; '));
  return renewed;
}

/** `<token>.<signature>`, percent-encoded, as better-call writes it. */
function resign(cookie: string, older: readonly string[], current: string): string {
  const text = decode(cookie);
  const dot = text.lastIndexOf('.');
  const token = text.slice(0, Math.max(dot, 0));
  const given = Buffer.from(text.slice(dot + 1));
  const isBy = (secret: string) => {
    const expected = Buffer.from(signature(token, secret));
    return expected.length === given.length && timingSafeEqual(expected, given);
  };
  return token !== '' && older.some(isBy) ? encodeURIComponent(`${token}.${signature(token, current)}`) : cookie;
}

function signature(token: string, secret: string): string {
  return createHmac('sha256', secret).update(token).digest('base64');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function cookies(headers: Headers): [name: string, value: string][] {
  return (headers.get('cookie') ?? '').split(/;\s*/).flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals > 0 ? [[pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as [string, string]] : [];
  });
}
