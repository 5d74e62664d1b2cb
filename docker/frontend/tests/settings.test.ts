import { describe, expect, it } from 'vitest';

import { parseSettings, SettingsError } from '@/server/settings';

const BACKEND_URL = 'http://todo-backend:8000';

describe('parseSettings', () => {
  it('needs the backend only', () => {
    expect(parseSettings({ BACKEND_URL })).toEqual({ backendUrl: BACKEND_URL, appTitle: 'Proven Todo', backendTimeoutMs: 5000 });
  });

  it('takes what is given, trimmed', () => {
    const env = { BACKEND_URL: ` ${BACKEND_URL}/base/ `, APP_TITLE: ' Staging ', BACKEND_TIMEOUT_MS: '250' };
    expect(parseSettings(env)).toEqual({ backendUrl: `${BACKEND_URL}/base`, appTitle: 'Staging', backendTimeoutMs: 250 });
  });

  it('treats an empty value like a missing one', () => {
    expect(parseSettings({ BACKEND_URL, APP_TITLE: '', BACKEND_TIMEOUT_MS: '' }).appTitle).toBe('Proven Todo');
  });

  it.each([
    [{}, 'BACKEND_URL is not set'],
    [{ BACKEND_URL: '  ' }, 'BACKEND_URL is not set'],
    [{ BACKEND_URL: 'todo-backend:8000' }, 'BACKEND_URL must be an http or https URL'],
    [{ BACKEND_URL: 'nonsense' }, 'BACKEND_URL must be an http or https URL'],
    [{ BACKEND_URL: 'http://backend/?a=1' }, 'BACKEND_URL must not contain a query'],
    [{ BACKEND_URL, APP_TITLE: 'x'.repeat(61) }, 'APP_TITLE must have at most 60 characters'],
    [{ BACKEND_URL, BACKEND_TIMEOUT_MS: '0' }, 'BACKEND_TIMEOUT_MS must be a whole number'],
    [{ BACKEND_URL, BACKEND_TIMEOUT_MS: '5s' }, 'BACKEND_TIMEOUT_MS must be a whole number'],
    [{ BACKEND_URL, BACKEND_TIMEOUT_MS: '60001' }, 'BACKEND_TIMEOUT_MS must be a whole number'],
  ])('refuses %o', (env, message) => {
    expect(() => parseSettings(env)).toThrow(SettingsError);
    expect(() => parseSettings(env)).toThrow(message);
  });

  it('names every bad variable in one line, and repeats no password', () => {
    const parse = () => parseSettings({ BACKEND_URL: 'http://me:hunter2@backend', APP_TITLE: 'x'.repeat(99) });
    expect(parse).toThrow(/^BACKEND_URL must not contain a user name or password; APP_TITLE .+$/);
    expect(parse).not.toThrow('hunter2');
  });
});
