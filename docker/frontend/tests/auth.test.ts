// Signing up, in and out with Better Auth on a real PostgreSQL, in the tables that the backend's migrations make.
import { getMigrations } from 'better-auth/db/migration';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { stubSettings } from './environment';
import { type Postgres, startPostgres } from './postgres';

// Hashing passwords is slow on purpose, and this machine may be busy.
vi.setConfig({ testTimeout: 30_000 });

const ORIGIN = 'http://todo.test';
const PASSWORD = 'correct horse battery';

let postgres: Postgres;
let pool: Pool;
let logged: string[];
let people = 0;

/** A server of its own: settings, Better Auth and the kept tokens are made once a process. */
async function server(env: Record<string, string> = {}) {
  vi.resetModules();
  stubSettings({ DATABASE_URL: postgres.url, ...env });
  const [{ authenticate }, session] = [await import('@/server/authenticate'), await import('@/server/session')];
  const ask = (path: string, body: object | null, headers: Record<string, string> = {}) =>
    authenticate(
      new Request(`http://localhost:3000/api/auth/${path}`, {
        method: body === null ? 'GET' : 'POST',
        headers: { host: new URL(ORIGIN).host, origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers },
        ...(body !== null && { body: JSON.stringify(body) }),
      }),
      path,
    );
  return { ask, ...session };
}

type Server = Awaited<ReturnType<typeof server>>;

const newcomer = () => ({ name: 'Ada', email: `ada-${++people}@example.com`, password: PASSWORD });
const cookieOf = (response: Response) => response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
const withCookie = (cookie: string) => new Headers({ cookie });

async function signUp({ ask }: Server, person = newcomer()): Promise<{ cookie: string; email: string }> {
  const response = await ask('sign-up/email', person);
  expect(response.status, await response.clone().text()).toBe(200);
  return { cookie: cookieOf(response), email: person.email };
}

beforeAll(async () => {
  postgres = await startPostgres();
  pool = new Pool({ connectionString: postgres.url });
  // Its end doesn't wait for its connections', and the server goes right after it.
  pool.on('error', () => undefined);
}, 60_000);

afterAll(async () => {
  await pool?.end();
  postgres?.stop();
});

beforeEach(() => {
  logged = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    logged.push(String(line));
    return true;
  });
});

afterEach(() => vi.unstubAllEnvs());

it('finds nothing to add to the tables of the backend’s migrations', async () => {
  vi.resetModules();
  stubSettings({ DATABASE_URL: postgres.url });
  const { authOptions } = await import('@/server/auth');
  const { parseSettings } = await import('@/server/settings');
  const { toBeCreated, toBeAdded, compileMigrations } = await getMigrations(authOptions(pool, parseSettings(process.env)));
  expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
  expect((await compileMigrations()).replaceAll(/[;\s]/g, '')).toBe('');
  const { betterAuth } = await import('better-auth');
  const { explicitSchemaCheck } = await betterAuth(authOptions(pool, parseSettings(process.env))).$context;
  await expect(Promise.resolve(explicitSchemaCheck?.())).resolves.toBeUndefined();
});

describe('signing up, in and out', () => {
  it('works, and the browser gets a cookie that scripts can’t read, and nothing else', async () => {
    const one = await server();
    const { email } = await signUp(one);
    const response = await one.ask('sign-in/email', { email, password: PASSWORD });
    expect(await response.json()).toEqual({});
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^better-auth\.session_token=.+HttpOnly; SameSite=Lax$/)]);
    const cookie = cookieOf(response);
    expect(await one.person(withCookie(cookie))).toEqual({ name: 'Ada', email });
    expect(await one.ticket(withCookie(cookie))).toMatchObject({ token: expect.any(String) });

    const out = await one.ask('sign-out', {}, { cookie });
    expect(out.status).toBe(200);
    expect(out.headers.getSetCookie().join()).toContain('Max-Age=0');
    expect(await one.person(withCookie(cookie))).toBeNull();
    expect(await one.ticket(withCookie(cookie))).toBeNull();
  });

  it.each([
    ['a wrong password', { password: 'something else' }, 401, 'invalid_email_or_password'],
    ['an unknown address', { email: 'nobody@example.com' }, 401, 'invalid_email_or_password'],
  ])('refuses %s', async (_, wrong, status, code) => {
    const one = await server();
    const { email } = await signUp(one);
    const response = await one.ask('sign-in/email', { email, password: PASSWORD, ...wrong });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, detail: expect.any(String) });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('refuses a short password and an address that is taken', async () => {
    const one = await server();
    const { email } = await signUp(one);
    expect((await one.ask('sign-up/email', { ...newcomer(), password: 'short' })).status).toBe(400);
    expect((await one.ask('sign-up/email', { ...newcomer(), email })).status).toBe(422);
  });

  it('takes a forged cookie for none', async () => {
    const one = await server();
    const { cookie } = await signUp(one);
    const forged = cookie.replace(/%3D$/, '').slice(0, -2) + 'AA%3D';
    expect(await one.ticket(withCookie(forged))).toBeNull();
    expect(await one.person(withCookie(forged))).toBeNull();
  });

  it.each([{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'cross-site' }])('is nothing that another site’s page can do: %o', async (headers) => {
    const one = await server();
    const { email } = await signUp(one);
    expect((await one.ask('sign-in/email', { email, password: PASSWORD }, headers)).status).toBe(403);
  });

  it.each(['token', 'get-session', 'list-sessions', 'update-user', 'change-email', 'error'])('offers no /api/auth/%s', async (path) => {
    const one = await server();
    const { cookie } = await signUp(one);
    for (const body of [null, {}]) expect((await one.ask(path, body, { cookie })).status).toBe(404);
  });

  it('sends cookies over TLS only, where there is TLS', async () => {
    const tls = await server({ BETTER_AUTH_URL: 'https://todo.example' });
    const response = await tls.ask('sign-up/email', newcomer(), { origin: 'https://todo.example' });
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Secure-better-auth\.session_token=.+; Secure/)]);
    const behindProxy = await (await server()).ask('sign-up/email', newcomer(), { origin: 'https://todo.test', 'x-forwarded-proto': 'https' });
    expect(behindProxy.headers.getSetCookie()).toEqual([expect.stringMatching(/; Secure$/)]);
  });

  it('is limited for each account, on all servers together', async () => {
    const servers = [await server(), await server()];
    const { email } = await signUp(servers[0]!);
    const attempts: number[] = [];
    for (let n = 0; n < 11; n++) {
      const response = await servers[n % 2]!.ask('sign-in/email', { email: n % 2 ? email : email.toUpperCase(), password: 'a wrong guess' });
      attempts.push(response.status);
      if (n === 10) {
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(200);
        expect(await response.json()).toMatchObject({ detail: expect.stringContaining('Too many attempts') });
      }
    }
    expect(attempts).toEqual([...Array<number>(10).fill(401), 429]);
    // Others aren't kept out by it.
    await signUp(servers[1]!);
  });
});

describe('the token for the backend', () => {
  const keys = async ({ ask }: Server) => createLocalJWKSet((await (await ask('jwks', null)).json()) as JSONWebKeySet);

  it('is a short-lived EdDSA one of this user, for this audience, and says no more', async () => {
    const one = await server();
    const { cookie, email } = await signUp(one);
    const { token } = (await one.ticket(withCookie(cookie)))!;
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', kid: expect.any(String) });
    const { payload } = await jwtVerify(token, await keys(one), { issuer: 'http://todo-frontend:3000', audience: 'todo-backend', algorithms: ['EdDSA'] });
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM "user" WHERE email = $1', [email]);
    expect(payload).toEqual({ sub: rows[0]?.id, iat: expect.any(Number), exp: payload.iat! + 300, iss: 'http://todo-frontend:3000', aud: 'todo-backend' });
  });

  it('is kept, and made anew on another server with the same key', async () => {
    const one = await server();
    const { cookie } = await signUp(one);
    const first = await one.ticket(withCookie(cookie));
    expect((await one.ticket(withCookie(cookie)))?.token).toBe(first?.token);
    const other = await server();
    const { token } = (await other.ticket(withCookie(cookie)))!;
    await expect(jwtVerify(token, await keys(one))).resolves.toBeDefined();
  });
});

describe('replacing the secret', () => {
  const older = 'first-secret-of-these-tests-0123456789';
  const newer = 'second-secret-of-these-tests-987654321';

  it('signs nobody out, and keeps the signing key', async () => {
    const before = await server({ BETTER_AUTH_SECRET: older });
    const { cookie } = await signUp(before);
    const kid = decodeProtectedHeader((await before.ticket(withCookie(cookie)))!.token).kid;

    const after = await server({ BETTER_AUTH_SECRET: older, BETTER_AUTH_SECRETS: `1:${newer}` });
    expect(await after.person(withCookie(cookie))).not.toBeNull();
    expect(decodeProtectedHeader((await after.ticket(withCookie(cookie)))!.token).kid).toBe(kid);
    expect((await after.ask('sign-out', {}, { cookie })).status).toBe(200);
    expect(await after.person(withCookie(cookie))).toBeNull();
  });

  it('signs them out without the older one: so the tests above see something', async () => {
    const before = await server({ BETTER_AUTH_SECRET: older });
    const { cookie } = await signUp(before);
    const after = await server({ BETTER_AUTH_SECRET: newer });
    expect(await after.person(withCookie(cookie))).toBeNull();
  });

  it('lets servers of both kinds serve side by side when the new one is made known first', async () => {
    const known = await server({ BETTER_AUTH_SECRET: older, BETTER_AUTH_SECRETS: `0:${older},1:${newer}` });
    const current = await server({ BETTER_AUTH_SECRET: older, BETTER_AUTH_SECRETS: `1:${newer},0:${older}` });
    const { cookie } = await signUp(current);
    expect(await known.person(withCookie(cookie))).not.toBeNull();
  });
});

describe('a database that is away', () => {
  it('is told apart from being signed out, in time, and its password isn’t told at all', async () => {
    const { cookie } = await signUp(await server());
    const away = await server({ DATABASE_URL: 'postgresql://todo:sentinel-password@127.0.0.1:1/todo' });
    await expect(away.person(withCookie(cookie))).rejects.toMatchObject({ name: 'SessionsAway' });
    await expect(away.ticket(withCookie(cookie))).rejects.toMatchObject({ name: 'SessionsAway' });
    for (const response of [await away.ask('sign-in/email', { email: 'a@example.com', password: PASSWORD }), await away.ask('jwks', null)]) {
      expect(response.status).toBe(503);
    }
    expect(logged.join('')).not.toContain('sentinel-password');
  });
});
