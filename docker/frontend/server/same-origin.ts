/**
 * Whether a request was made by a page of this very application; the browser vouches for it.
 *
 * Cookies travel with requests that other sites' pages make, too. Browsers say in Sec-Fetch-Site who made one, and in Origin
 * from where; no page can forge either. What sends neither is no browser, and carries nobody's cookies by accident.
 *
 * @param publicOrigin the one origin that people use, or null: the host that was asked for
 */
export function isSameOrigin(headers: Headers, publicOrigin: string | null): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const origin = headers.get('origin');
  return origin === null || ownOrigins(headers, publicOrigin).includes(origin);
}

/** The origins of this application, as seen by the one who asks: TLS may have ended in front of this server. */
export function ownOrigins(headers: Headers, publicOrigin: string | null): string[] {
  if (publicOrigin !== null) return [publicOrigin];
  const host = headers.get('host');
  return host === null ? [] : [`http://${host}`, `https://${host}`];
}

/** Whether the browser speaks TLS, as far as this server can know. */
export function isSecure(headers: Headers, publicOrigin: string | null): boolean {
  return publicOrigin?.startsWith('https:') ?? headers.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https';
}
