import { describe, expect, it } from 'vitest';

import { parseSettings, SettingsError } from '@/server/settings';

const BACKEND_URL = 'http://todo-backend:8000';
const SECRET = 's'.repeat(32);
const NEEDED = {
  BACKEND_URL,
  DATABASE_URL: 'postgresql://todo:pw@todo-database:5432/todo',
  BETTER_AUTH_SECRET: SECRET,
  AUTH_ISSUER: 'http://todo-frontend:3000',
  AUTH_AUDIENCE: 'todo-backend',
};

describe('parseSettings', () => {
  it('needs the backend, the database, a secret and the names in tokens only', () => {
    expect(parseSettings(NEEDED)).toEqual({
      backendUrl: BACKEND_URL,
      appTitle: 'Proven Todo',
      appBanner: '',
      backendTimeoutMs: 5000,
      databaseUrl: NEEDED.DATABASE_URL,
      authSecrets: { current: SECRET, versions: [], unversioned: SECRET },
      publicOrigin: null,
      authIssuer: NEEDED.AUTH_ISSUER,
      authAudience: NEEDED.AUTH_AUDIENCE,
    });
  });

  it('takes what is given, trimmed', () => {
    const given = { BACKEND_URL: ` ${BACKEND_URL}/base/ `, APP_TITLE: ' Staging ', APP_BANNER: 'Try it', BACKEND_TIMEOUT_MS: '250' };
    expect(parseSettings({ ...NEEDED, ...given, BETTER_AUTH_URL: 'https://todo.example.com/' })).toMatchObject({
      backendUrl: `${BACKEND_URL}/base`,
      appTitle: 'Staging',
      appBanner: 'Try it',
      backendTimeoutMs: 250,
      publicOrigin: 'https://todo.example.com',
    });
  });

  it('takes the first of several secrets as the current one', () => {
    const [newer, older] = ['n'.repeat(32), 'o'.repeat(32)];
    expect(parseSettings({ ...NEEDED, BETTER_AUTH_SECRETS: `2:${newer}, 1:${older}` }).authSecrets).toEqual({
      current: newer,
      versions: [
        { version: 2, value: newer },
        { version: 1, value: older },
      ],
      unversioned: SECRET,
    });
  });

  it('treats an empty value like a missing one', () => {
    expect(parseSettings({ ...NEEDED, APP_TITLE: '', BACKEND_TIMEOUT_MS: '', BETTER_AUTH_SECRETS: '', BETTER_AUTH_URL: '' }).appTitle).toBe('Proven Todo');
  });

  it.each([
    [{ BACKEND_URL: undefined }, 'BACKEND_URL is not set'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL is not set'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL must be a postgresql URL'],
    [{ BETTER_AUTH_SECRET: undefined }, 'BETTER_AUTH_SECRET is not set'],
    [{ BETTER_AUTH_SECRET: 'short' }, 'BETTER_AUTH_SECRET must have at least 32 characters'],
    [{ BETTER_AUTH_SECRETS: SECRET }, 'BETTER_AUTH_SECRETS must look like'],
    [{ BETTER_AUTH_SECRETS: '1:short' }, 'BETTER_AUTH_SECRETS needs secrets of at least 32'],
    [{ BETTER_AUTH_SECRETS: `1:${SECRET},1:${SECRET}` }, 'BETTER_AUTH_SECRETS has a version twice'],
    [{ BETTER_AUTH_URL: 'todo.example.com' }, 'BETTER_AUTH_URL must be an http or https URL'],
    [{ BETTER_AUTH_URL: 'https://example.com/todo' }, 'BETTER_AUTH_URL must be an origin only'],
    [{ AUTH_ISSUER: '' }, 'AUTH_ISSUER is not set'],
    [{ AUTH_AUDIENCE: '' }, 'AUTH_AUDIENCE is not set'],
    [{ APP_BANNER: 'x'.repeat(201) }, 'APP_BANNER must have at most 200 characters'],
    [{ BACKEND_URL: '  ' }, 'BACKEND_URL is not set'],
    [{ BACKEND_URL: 'todo-backend:8000' }, 'BACKEND_URL must be an http or https URL'],
    [{ BACKEND_URL: 'nonsense' }, 'BACKEND_URL must be an http or https URL'],
    [{ BACKEND_URL: 'http://backend/?a=1' }, 'BACKEND_URL must not contain a query'],
    [{ BACKEND_URL, APP_TITLE: 'x'.repeat(61) }, 'APP_TITLE must have at most 60 characters'],
    [{ BACKEND_URL, BACKEND_TIMEOUT_MS: '0' }, 'BACKEND_TIMEOUT_MS must be a whole number'],
    [{ BACKEND_URL, BACKEND_TIMEOUT_MS: '5s' }, 'BACKEND_TIMEOUT_MS must be a whole number'],
    [{ BACKEND_URL, BACKEND_TIMEOUT_MS: '60001' }, 'BACKEND_TIMEOUT_MS must be a whole number'],
  ])('refuses %o', (env, message) => {
    expect(() => parseSettings({ ...NEEDED, ...env })).toThrow(SettingsError);
    expect(() => parseSettings({ ...NEEDED, ...env })).toThrow(message);
  });

  it('names every bad variable in one line, and repeats no password', () => {
    const parse = () => parseSettings({ ...NEEDED, BACKEND_URL: 'http://me:hunter2@backend', BETTER_AUTH_SECRET: 'hunter2', APP_TITLE: 'x'.repeat(99) });
    expect(parse).toThrow(/^BACKEND_URL must not contain a user name or password; APP_TITLE .+; BETTER_AUTH_SECRET .+$/);
    expect(parse).not.toThrow('hunter2');
  });
});
