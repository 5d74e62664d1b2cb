/** What the environment says, read when the process starts: one image serves every environment. */
export interface Settings {
  /** Where the backend answers, without a trailing slash; may carry a path prefix. */
  readonly backendUrl: string;
  /** Name shown in the header and in the tab. */
  readonly appTitle: string;
  /** Longest wait for one answer of the backend, in milliseconds. */
  readonly backendTimeoutMs: number;
}

/** The environment can't be used; the message names each bad variable in one line. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

type Env = Readonly<Record<string, string | undefined>>;

const TITLE_MAX = 60;
const TIMEOUT_DEFAULT_MS = 5_000;
const TIMEOUT_MAX_MS = 60_000;

export function parseSettings(env: Env): Settings {
  const problems: string[] = [];
  const read = <T>(name: string, parse: (value: string) => T, fallback: T): T => {
    try {
      return parse((env[name] ?? '').trim());
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
      return fallback;
    }
  };
  const parsed: Settings = {
    backendUrl: read('BACKEND_URL', parseBackendUrl, ''),
    appTitle: read('APP_TITLE', parseTitle, ''),
    backendTimeoutMs: read('BACKEND_TIMEOUT_MS', parseTimeout, 0),
  };
  if (problems.length > 0) throw new SettingsError(problems.join('; '));
  return parsed;
}

let current: Settings | undefined;

/** The process's settings. Throws SettingsError; after a successful start it can't. */
export function settings(): Settings {
  return (current ??= parseSettings(process.env));
}

function parseBackendUrl(value: string): string {
  const example = 'such as http://todo-backend:8000';
  if (value === '') throw new Error(`is not set: give the backend's URL, ${example}`);
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new Error(`must be an http or https URL, ${example}`);
  // The value itself stays out of the messages: what is wrong with it here may be a secret.
  if (url.username !== '' || url.password !== '') throw new Error('must not contain a user name or password');
  if (url.search !== '' || url.hash !== '') throw new Error('must not contain a query or fragment');
  return url.href.replace(/\/+$/, '');
}

function parseTitle(value: string): string {
  if (value.length > TITLE_MAX) throw new Error(`must have at most ${TITLE_MAX} characters, has ${value.length}`);
  return value || 'Proven Todo';
}

function parseTimeout(value: string): number {
  if (value === '') return TIMEOUT_DEFAULT_MS;
  const milliseconds = Number(value);
  if (!/^\d+$/.test(value) || milliseconds < 1 || milliseconds > TIMEOUT_MAX_MS) {
    throw new Error(`must be a whole number of milliseconds from 1 to ${TIMEOUT_MAX_MS}`);
  }
  return milliseconds;
}
