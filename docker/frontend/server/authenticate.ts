import { auth } from './auth';
import { handle, problem, readBody } from './http';
import { log } from './log';
import { isSameOrigin, isSecure } from './same-origin';
import { forget } from './session';
import { signedByCurrent } from './session-cookie';
import { settings } from './settings';

/** Of Better Auth's routes, those that the page needs. Tokens are made on the server's side only. */
const WRITES = new Set(['sign-up/email', 'sign-in/email', 'sign-out']);
const BODY_LIMIT = 4 * 1024;

/** Answers a request for /api/auth/…. */
export function authenticate(request: Request, path: string): Promise<Response> {
  return handle(request, async () => {
    if (path === 'jwks' && request.method === 'GET') return keys();
    if (!WRITES.has(path)) return problem(404, 'not_found', 'There is nothing at this address.');
    if (request.method !== 'POST') return problem(405, 'method_not_allowed', 'This can’t be done here.');
    const { publicOrigin } = settings();
    if (!isSameOrigin(request.headers, publicOrigin)) {
      return problem(403, 'foreign_origin', 'This was asked for by another site’s page, or by an address that isn’t this application’s own.');
    }
    const body = await readBody(request, BODY_LIMIT);
    if (body === null) return problem(413, 'too_large', `The request is larger than ${BODY_LIMIT} bytes.`);
    if (path === 'sign-out') forget(request.headers);
    const own = signedByCurrent(request.headers, settings().authSecrets);
    try {
      const answer = await auth().handler(new Request(request.url, { method: 'POST', headers: own, body }));
      return await relay(answer, isSecure(request.headers, publicOrigin));
    } catch (error) {
      log('error', 'sessions are away', { error: error instanceof Error ? error.message : String(error) });
      return away();
    }
  });
}

/** The public keys that the backend checks tokens with. */
async function keys(): Promise<Response> {
  try {
    return Response.json(await auth().api.getJwks());
  } catch (error) {
    log('error', 'keys are away', { error: error instanceof Error ? error.message : String(error) });
    return problem(503, 'keys_away', 'The keys can’t be looked up right now.');
  }
}

/** Cookies and verdict, and nothing of what else Better Auth says: its bodies hold the session's token, too. */
async function relay(answer: Response, secure: boolean): Promise<Response> {
  const response = answer.ok ? Response.json({}) : await refusal(answer);
  for (const cookie of answer.headers.getSetCookie()) {
    response.headers.append('set-cookie', secure && !/;\s*secure\b/i.test(cookie) ? `${cookie}; Secure` : cookie);
  }
  return response;
}

async function refusal(answer: Response): Promise<Response> {
  const said = (await answer.json().catch(() => null)) as { message?: unknown; code?: unknown } | null;
  if (answer.status >= 500) return away();
  const code = typeof said?.code === 'string' ? said.code.toLowerCase() : 'refused';
  const detail = typeof said?.message === 'string' ? said.message : 'This was refused.';
  const response = problem(answer.status, code, detail);
  const wait = answer.headers.get('retry-after') ?? answer.headers.get('x-retry-after');
  if (wait !== null) response.headers.set('retry-after', wait);
  return response;
}

function away(): Response {
  return problem(503, 'sessions_away', 'Signing in and out doesn’t work right now. Try again in a moment.');
}
