import { auth, TOKEN_LIFETIME_S } from './auth';
import { log } from './log';
import { sessionCookie, signedByCurrent } from './session-cookie';
import { settings } from './settings';
import { TokenCache } from './token-cache';

/** Users and sessions can't be asked for now: the database is away. */
export class SessionsAway extends Error {
  override name = 'SessionsAway';
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

const cache = new TokenCache(TOKEN_LIFETIME_S * 1_000);

/** Who is signed in; null: nobody. Throws SessionsAway. */
export async function person(headers: Headers): Promise<Person | null> {
  if (sessionCookie(headers) === null) return null;
  const own = signedByCurrent(headers, settings().authSecrets);
  // A page can't set cookies while it is rendered; the API calls that follow renew the session.
  const session = await asking(() => auth().api.getSession({ headers: own, query: { disableRefresh: true } }));
  return session && { name: session.user.name, email: session.user.email };
}

export interface Ticket {
  /** A JWT for the backend, good for at least a minute. */
  readonly token: string;
  /** Cookies for the browser, when the session was renewed. */
  readonly cookies: readonly string[];
}

/** What the backend lets this request's user in by; null: nobody is signed in. Throws SessionsAway. */
export async function ticket(headers: Headers): Promise<Ticket | null> {
  const cookie = sessionCookie(headers);
  if (cookie === null) return null;
  const known = cache.get(cookie);
  if (known !== null) return { token: known, cookies: [] };
  const own = signedByCurrent(headers, settings().authSecrets);
  // Not Better Auth's getToken, which takes a database that is away for nobody being signed in.
  const session = await asking(() => auth().api.getSession({ headers: own, returnHeaders: true }));
  if (session.response === null) return null;
  const payload = { sub: session.response.user.id, iat: Math.floor(Date.now() / 1_000) };
  const { token } = await asking(() => auth().api.signJWT({ body: { payload } }));
  cache.put(cookie, token);
  return { token, cookies: session.headers.getSetCookie() };
}

/** After signing out, so that the cookie is worth nothing at once, here. */
export function forget(headers: Headers): void {
  const cookie = sessionCookie(headers);
  if (cookie !== null) cache.drop(cookie);
}

async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    log('error', 'sessions are away', { error: error instanceof Error ? error.message : String(error) });
    throw new SessionsAway();
  }
}
