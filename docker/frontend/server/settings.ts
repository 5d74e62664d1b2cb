/** What the environment says, read when the process starts: one image serves every environment. */
export interface Settings {
  /** Where the backend answers, without a trailing slash; may carry a path prefix. */
  readonly backendUrl: string;
  /** Name shown in the header and in the tab. */
  readonly appTitle: string;
  /** Shown above every page, for what everybody has to know (“Staging: data is deleted every night”); empty: nothing. */
  readonly appBanner: string;
  /** Longest wait for one answer of the backend, in milliseconds. */
  readonly backendTimeoutMs: number;
  /** PostgreSQL with the tables of users and sessions; a secret. */
  readonly databaseUrl: string;
  readonly authSecrets: AuthSecrets;
  /** The one origin that people use, or null: whichever they reached this server by. */
  readonly publicOrigin: string | null;
  /** `iss` and `aud` of the tokens that the backend gets. */
  readonly authIssuer: string;
  readonly authAudience: string;
}

/** Secrets that sign cookies and encrypt the signing keys. `current` is used; what any of them has made is accepted. */
export interface AuthSecrets {
  readonly current: string;
  readonly versions: readonly { readonly version: number; readonly value: string }[];
  /** Made what carries no version: from before the first rotation. */
  readonly unversioned: string;
}

/** The environment can't be used; the message names each bad variable in one line. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

type Env = Readonly<Record<string, string | undefined>>;

const TITLE_MAX = 60;
const BANNER_MAX = 200;
const SECRET_MIN = 32;
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
    appBanner: read('APP_BANNER', parseBanner, ''),
    backendTimeoutMs: read('BACKEND_TIMEOUT_MS', parseTimeout, 0),
    databaseUrl: read('DATABASE_URL', parseDatabaseUrl, ''),
    authSecrets: readSecrets(read),
    publicOrigin: read('BETTER_AUTH_URL', parseOrigin, null),
    authIssuer: read('AUTH_ISSUER', parseName, ''),
    authAudience: read('AUTH_AUDIENCE', parseName, ''),
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

function parseDatabaseUrl(value: string): string {
  const example = 'such as postgresql://todo:…@todo-database:5432/todo';
  if (value === '') throw new Error(`is not set: give the database's URL, ${example}`);
  if (!URL.canParse(value) || !['postgresql:', 'postgres:'].includes(new URL(value).protocol)) {
    throw new Error(`must be a postgresql URL, ${example}`);
  }
  return value;
}

function readSecrets(read: <T>(name: string, parse: (value: string) => T, fallback: T) => T): AuthSecrets {
  const unversioned = read('BETTER_AUTH_SECRET', parseSecret, '');
  const versions = read('BETTER_AUTH_SECRETS', parseVersions, []);
  return { current: versions[0]?.value ?? unversioned, versions, unversioned };
}

function parseSecret(value: string): string {
  if (value === '') throw new Error('is not set: give a random text of at least 32 characters');
  if (value.length < SECRET_MIN) throw new Error(`must have at least ${SECRET_MIN} characters, has ${value.length}`);
  return value;
}

/** Better Auth's own form: `2:newest,1:older`; the first is the current one. */
function parseVersions(value: string): AuthSecrets['versions'] {
  if (value === '') return [];
  const versions = value.split(',').map((entry, index) => {
    const [, version, secret] = /^\s*(\d{1,6}):(.*)$/s.exec(entry) ?? [];
    if (version === undefined || secret === undefined) throw new Error(`must look like 2:<new secret>,1:<old secret>; entry ${index + 1} doesn't`);
    if (secret.trim().length < SECRET_MIN) throw new Error(`needs secrets of at least ${SECRET_MIN} characters; entry ${index + 1} is shorter`);
    return { version: Number(version), value: secret.trim() };
  });
  if (new Set(versions.map(({ version }) => version)).size < versions.length) throw new Error('has a version twice');
  return versions;
}

function parseOrigin(value: string): string | null {
  if (value === '') return null;
  const example = 'such as https://todo.example.com';
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new Error(`must be an http or https URL, ${example}`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') throw new Error(`must be an origin only, ${example}`);
  return url.origin;
}

function parseName(value: string): string {
  if (value === '') throw new Error('is not set: give the text that the backend expects under the same name');
  return value;
}

function parseBanner(value: string): string {
  if (value.length > BANNER_MAX) throw new Error(`must have at most ${BANNER_MAX} characters, has ${value.length}`);
  return value;
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
