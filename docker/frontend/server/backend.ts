import { setTimeout as sleep } from 'node:timers/promises';

import { handle, isStream, problem, readBody, REQUEST_ID, traceOf } from './http';
import { log } from './log';
import { methodsOf } from './routes';
import { isSameOrigin } from './same-origin';
import { forget, SessionsAway, ticket, type Ticket } from './session';
import { settings } from './settings';

/** The longest notes of a todo, or a message to the assistant, escaped as JSON, stay below this many bytes. */
export const BODY_LIMIT = 64 * 1024;
const QUERY_LIMIT = 2_048;
const WRITES = new Set(['POST', 'PATCH', 'DELETE']);
/** Before each further try of a call that no backend has taken. A pod that has died is asked for about that long. */
const PAUSES_MS = [50, 100, 200, 400, 800];

/** Answers a request for /api/…: lets the session's user in at the backend, and relays what it says. */
export function forward(request: Request, segments: readonly string[]): Promise<Response> {
  return handle(request, async (requestId) => {
    const methods = methodsOf(segments);
    if (methods === null) return problem(404, 'not_found', 'There is nothing at this address.');
    if (!methods.includes(request.method)) return problem(405, 'method_not_allowed', 'This can’t be done here.');
    if (WRITES.has(request.method) && !isSameOrigin(request.headers, settings().publicOrigin)) {
      return problem(403, 'foreign_origin', 'This was asked for by another site’s page.');
    }
    const { search } = new URL(request.url);
    if (search.length > QUERY_LIMIT) return problem(414, 'too_long', `The query is longer than ${QUERY_LIMIT} characters.`);
    let pass: Ticket | null;
    try {
      pass = await ticket(request.headers);
    } catch (error) {
      if (!(error instanceof SessionsAway)) throw error;
      return problem(503, 'sessions_away', 'Who you are can’t be looked up right now. Try again in a moment.');
    }
    if (pass === null) return problem(401, 'signed_out', 'You are signed out.');
    const response = await passOn(request, `/api/${segments.join('/')}${search}`, pass.token, requestId);
    if (response.status === 401) {
      // The user is signed in; it is this server's token that the backend doesn't take. The next request comes with a new one.
      forget(request.headers);
      log('error', 'the backend refused the token: are AUTH_ISSUER and AUTH_AUDIENCE the same there?', { request_id: requestId });
      return problem(502, 'token_refused', 'The todo service doesn’t know you right now. Try again in a moment.');
    }
    for (const cookie of pass.cookies) response.headers.append('set-cookie', cookie);
    return response;
  });
}

async function passOn(request: Request, path: string, token: string, requestId: string): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, [REQUEST_ID]: requestId, ...traceOf(request.headers) };
  headers.accept = request.headers.get('accept')?.includes('text/event-stream') ? 'text/event-stream' : 'application/json';
  let body: Uint8Array<ArrayBuffer> | null = null;
  const type = request.headers.get('content-type');
  // A DELETE may have a body, and none: Next gives its request an empty one then.
  if (request.method === 'POST' || request.method === 'PATCH' || (request.method === 'DELETE' && type !== null)) {
    if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
      return problem(415, 'not_json', 'Send application/json.');
    }
    body = await readBody(request, BODY_LIMIT);
    if (body === null) return problem(413, 'too_large', `The request is larger than ${BODY_LIMIT} bytes.`);
    headers['content-type'] = 'application/json';
  }
  try {
    return await callBackend(path, { method: request.method, headers, body }, request.signal);
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    log('error', 'backend call failed', { request_id: requestId, method: request.method, path, error: reason(error) });
    return timedOut
      ? problem(504, 'backend_slow', 'The todo service took too long to answer.')
      : problem(502, 'backend_away', 'The todo service can’t be reached right now.');
  }
}

async function callBackend(path: string, init: RequestInit, client: AbortSignal): Promise<Response> {
  const { backendUrl, backendTimeoutMs } = settings();
  // One deadline for all of it: connecting, the head, the whole body, and the second try. A stream's body has none here: the
  // backend bounds it, and it ends when the browser goes.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new DOMException('no answer in time', 'TimeoutError')), backendTimeoutMs);
  const signal = AbortSignal.any([deadline.signal, client]);
  const once = async (): Promise<Response> => {
    const response = await fetch(backendUrl + path, { ...init, signal, cache: 'no-store', redirect: 'manual' });
    if (response.ok && isStream(response)) {
      return new Response(response.body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } });
    }
    return relay(response, await response.arrayBuffer());
  };
  try {
    for (let tries = 0, asked = 0; ; tries++) {
      try {
        return await once();
      } catch (error) {
        const pause = PAUSES_MS[tries];
        if (signal.aborted || pause === undefined) throw error;
        if (neverArrived(error)) {
          await sleep(pause);
          continue;
        }
        // A backend that is being replaced closes idle connections, and one of them may just have been picked. Reading again
        // is safe; a write may have arrived, so whoever asked must decide.
        if (init.method !== 'GET' || asked++ > 0) throw error;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Whether nobody was there to take the connection: nothing of the call was sent. */
function neverArrived(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown; syscall?: unknown } | undefined) : undefined;
  return cause?.code === 'ECONNREFUSED' || cause?.syscall === 'connect';
}

/** The backend's status and JSON, and of its other headers only when to try again. */
function relay(response: Response, body: ArrayBuffer): Response {
  if (response.status === 204) return new Response(null, { status: 204 });
  const isJson = /^application\/json\b/i.test(response.headers.get('content-type') ?? '');
  if (!isJson || (response.status >= 300 && response.status < 400)) {
    throw new Error(`unexpected answer: status ${response.status}, ${response.headers.get('content-type') ?? 'no content type'}`);
  }
  const retryAfter = response.headers.get('retry-after');
  return new Response(body, {
    status: response.status,
    headers: { 'content-type': 'application/json', ...(retryAfter !== null && { 'retry-after': retryAfter }) },
  });
}

export interface Reachability {
  readonly reachable: boolean;
  /** What its readiness route answered; absent when it didn't answer. */
  readonly status?: number;
  readonly error?: string;
  readonly duration_ms: number;
}

/** Asks the backend's readiness route once, within `timeoutMs`. Never throws. */
export async function checkBackend(timeoutMs: number): Promise<Reachability> {
  const started = performance.now();
  const duration = () => Math.round(performance.now() - started);
  try {
    const response = await fetch(`${settings().backendUrl}/readyz`, {
      signal: AbortSignal.timeout(timeoutMs),
      cache: 'no-store',
      redirect: 'manual',
    });
    await response.body?.cancel();
    return { reachable: true, status: response.status, duration_ms: duration() };
  } catch (error) {
    return { reachable: false, error: reason(error), duration_ms: duration() };
  }
}

/** fetch hides why it failed in `cause`: ECONNREFUSED, ENOTFOUND … */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: unknown; message?: unknown } | undefined;
  return String(cause?.code ?? cause?.message ?? error.message);
}
