// The pure parts of what decides who is let in.
import { createHmac } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { isSameOrigin, isSecure } from '@/server/same-origin';
import { sessionCookie, signedByCurrent } from '@/server/session-cookie';
import type { AuthSecrets } from '@/server/settings';
import { TokenCache } from '@/server/token-cache';

const [OLD, NEW] = ['old'.repeat(12), 'new'.repeat(12)];
const signed = (token: string, secret: string) => encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`);
const cookie = (value: string, name = 'better-auth.session_token') => new Headers({ cookie: `theme=dark; ${name}=${value}; other=1` });

describe('a session’s cookie', () => {
  const rotated: AuthSecrets = { current: NEW, versions: [{ version: 1, value: NEW }], unversioned: OLD };

  it('is found under both names, and only there', () => {
    expect(sessionCookie(cookie('x'))).toBe('x');
    expect(sessionCookie(cookie('x', '__Secure-better-auth.session_token'))).toBe('x');
    expect(sessionCookie(cookie('x', 'not-better-auth.session_token'))).toBeNull();
    expect(sessionCookie(new Headers())).toBeNull();
  });

  it('that an older secret signed is signed anew, and the others are left alone', () => {
    expect(signedByCurrent(cookie(signed('abc', OLD)), rotated).get('cookie')).toBe(
      `theme=dark; better-auth.session_token=${signed('abc', NEW)}; other=1`,
    );
  });

  it('of a secret that is to become the current one is known already', () => {
    const before: AuthSecrets = { current: OLD, versions: [{ version: 1, value: OLD }, { version: 2, value: NEW }], unversioned: OLD };
    expect(sessionCookie(signedByCurrent(cookie(signed('abc', NEW)), before))).toBe(signed('abc', OLD));
  });

  it.each([signed('abc', 'x'.repeat(32)), 'abc', 'abc.', '%', signed('', OLD)])('that none of them signed stays as it is: %s', (value) => {
    expect(sessionCookie(signedByCurrent(cookie(value), rotated))).toBe(value);
  });
});

describe('the same origin', () => {
  const from = (headers: Record<string, string>, own: string | null = null) => isSameOrigin(new Headers({ host: 'todo.example', ...headers }), own);

  it.each([
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://todo.example' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ origin: 'https://evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ origin: 'http://todo.example' }, true],
    [{ origin: 'http://todo.example:81' }, false],
    [{}, true],
  ])('%o: %s', (headers, verdict) => expect(from(headers)).toBe(verdict));

  it('is the public one where that is known, whatever host was asked for', () => {
    expect(from({ origin: 'https://todo.example' }, 'https://real.example')).toBe(false);
    expect(from({ origin: 'https://real.example' }, 'https://real.example')).toBe(true);
  });

  it('is secure where TLS ended in front of us', () => {
    expect(isSecure(new Headers({ 'x-forwarded-proto': 'https' }), null)).toBe(true);
    expect(isSecure(new Headers(), null)).toBe(false);
    expect(isSecure(new Headers(), 'https://real.example')).toBe(true);
  });
});

describe('kept tokens', () => {
  it('are handed out until a minute before their end', () => {
    let now = 0;
    const cache = new TokenCache(300_000, () => now);
    cache.put('a', 'token');
    now = 239_999;
    expect(cache.get('a')).toBe('token');
    now = 240_000;
    expect(cache.get('a')).toBeNull();
  });

  it('are forgotten when asked to, and the oldest when there are too many', () => {
    const cache = new TokenCache(300_000);
    for (let n = 0; n <= 10_000; n++) cache.put(`c${n}`, 't');
    expect([cache.get('c0'), cache.get('c1')]).toEqual([null, 't']);
    cache.drop('c1');
    expect(cache.get('c1')).toBeNull();
  });
});
