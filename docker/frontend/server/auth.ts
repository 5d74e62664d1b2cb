import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import { jwt } from 'better-auth/plugins/jwt';
import type { Pool } from 'pg';

import { countAttempt } from './attempts';
import { database } from './database';
import { log } from './log';
import { ownOrigins } from './same-origin';
import { type Settings, settings } from './settings';

export const PASSWORD_MIN = 10;
export const PASSWORD_MAX = 128;
export const TOKEN_LIFETIME_S = 300;
const DAY_S = 86_400;

/** How Better Auth is set up; the tables it needs are made by the backend's migrations. */
export function authOptions(pool: Pool, { authSecrets, publicOrigin, authIssuer, authAudience }: Settings) {
  return {
    database: pool,
    secret: authSecrets.unversioned,
    ...(authSecrets.versions.length > 0 && { secrets: [...authSecrets.versions] }),
    // Only for links in mails, and none are sent: where requests may come from is told below, per request.
    baseURL: publicOrigin ?? 'http://localhost:3000',
    trustedOrigins: (request?: Request) => (request ? ownOrigins(request.headers, publicOrigin) : []),
    emailAndPassword: { enabled: true, minPasswordLength: PASSWORD_MIN, maxPasswordLength: PASSWORD_MAX },
    rateLimit: {
      enabled: true,
      storage: 'database',
      // A whole company may share an address. Better Auth counts until an address has been quiet for the window.
      customRules: { '/sign-in/email': { window: 60, max: 300 }, '/sign-up/email': { window: 60, max: 300 }, '/sign-out': false },
    },
    hooks: {
      before: createAuthMiddleware(async (context) => {
        if (context.path !== '/sign-in/email') return;
        const wait = await countAttempt(pool, String((context.body as { email?: unknown } | undefined)?.email));
        if (wait > 0) throw new APIError('TOO_MANY_REQUESTS', { message: tooMany(wait) }, { 'retry-after': String(wait) });
      }),
    },
    advanced: {
      useSecureCookies: publicOrigin?.startsWith('https:') ?? false,
      // A mismatch would be kept for the life of the process; a test holds the migrations against Better Auth instead.
      database: { validateSchema: false },
    },
    plugins: [
      jwt({
        // The token is for the backend; the browser has the cookie.
        disableSettingJwtHeader: true,
        jwks: { keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' }, rotationInterval: 30 * DAY_S, gracePeriod: DAY_S },
        jwt: { issuer: authIssuer, audience: authAudience, expirationTime: `${TOKEN_LIFETIME_S}s` },
      }),
    ],
    telemetry: { enabled: false },
    logger: {
      log: (level, message, ...details) =>
        log(level === 'error' || level === 'warn' ? level : 'info', `auth: ${message}`, {
          ...(details[0] instanceof Error && { error: details[0].message }),
        }),
    },
  } satisfies BetterAuthOptions;
}

function tooMany(wait: number): string {
  const minutes = Math.ceil(wait / 60);
  return `Too many attempts to sign in to this account. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
}

function create() {
  return betterAuth(authOptions(database(), settings()));
}

let current: ReturnType<typeof create> | undefined;

/** The process's Better Auth. */
export function auth(): ReturnType<typeof create> {
  return (current ??= create());
}
