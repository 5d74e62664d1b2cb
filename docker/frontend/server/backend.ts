import { handle, problem, readBody, REQUEST_ID } from './http';
import { log } from './log';
import { settings } from './settings';

/** A title has at most 200 characters; escaped as JSON they stay far below this many bytes. */
export const BODY_LIMIT = 16 * 1024;

/** Ids are opaque here, but must stay one path segment: nothing that could climb to another of the backend's routes. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Answers a request for /api/todos. */
export function forwardList(request: Request): Promise<Response> {
  return handle(request, (requestId) => forward(request, '/api/todos', requestId));
}

/** Answers a request for /api/todos/[id]. */
export function forwardItem(request: Request, id: string): Promise<Response> {
  return handle(request, async (requestId) =>
    ID.test(id) ? forward(request, `/api/todos/${id}`, requestId) : problem(404, 'There is no such todo.'),
  );
}

async function forward(request: Request, path: string, requestId: string): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', [REQUEST_ID]: requestId };
  let body: BodyInit | null = null;
  if (request.method === 'POST' || request.method === 'PATCH') {
    // Also keeps other sites' plain forms out: they can't send this type without asking first.
    if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
      return problem(415, 'Send the todo as application/json.');
    }
    body = await readBody(request, BODY_LIMIT);
    if (body === null) return problem(413, `The request is larger than ${BODY_LIMIT} bytes.`);
    headers['content-type'] = 'application/json';
  }
  try {
    return await callBackend(path, { method: request.method, headers, body });
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    log('error', 'backend call failed', { request_id: requestId, method: request.method, path, error: reason(error) });
    return timedOut
      ? problem(504, 'The todo service took too long to answer.')
      : problem(502, 'The todo service can’t be reached right now.');
  }
}

async function callBackend(path: string, init: RequestInit): Promise<Response> {
  const { backendUrl, backendTimeoutMs } = settings();
  // One deadline for all of it: connecting, the head, the whole body, and the second try.
  const signal = AbortSignal.timeout(backendTimeoutMs);
  const once = async (): Promise<Response> => {
    const response = await fetch(backendUrl + path, { ...init, signal, cache: 'no-store', redirect: 'manual' });
    return relay(response, await response.arrayBuffer());
  };
  try {
    return await once();
  } catch (error) {
    // A backend that is being replaced closes idle connections, and one of them may just have been picked. Reading again
    // is safe; a write may have arrived, so whoever asked must decide.
    if (init.method !== 'GET' || signal.aborted) throw error;
    return await once();
  }
}

/** The backend's status and JSON, and none of its other headers. */
function relay(response: Response, body: ArrayBuffer): Response {
  if (response.status === 204) return new Response(null, { status: 204 });
  const isJson = /^application\/json\b/i.test(response.headers.get('content-type') ?? '');
  if (!isJson || (response.status >= 300 && response.status < 400)) {
    throw new Error(`unexpected answer: status ${response.status}, ${response.headers.get('content-type') ?? 'no content type'}`);
  }
  return new Response(body, { status: response.status, headers: { 'content-type': 'application/json' } });
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
