import { log } from './log';

/** An error answer in the shape that the backend uses too: a sentence for people, and a code for programs. */
export function problem(status: number, code: string, detail: string): Response {
  return Response.json({ detail, code }, { status });
}

export const REQUEST_ID = 'x-request-id';

/** The caller's request id if it is one that the backend takes too, so that both log the same; else a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get(REQUEST_ID) ?? '';
  return /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : crypto.randomUUID();
}

/** The headers of the trace that a caller's request belongs to (W3C Trace Context), or none. */
export function traceOf(headers: Headers): Record<string, string> {
  const traceparent = headers.get('traceparent') ?? '';
  if (!/^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)) return {};
  const tracestate = headers.get('tracestate');
  return { traceparent, ...(tracestate !== null && tracestate.length <= 512 && { tracestate }) };
}

/**
 * Runs one API request: gives it an id, keeps the answer out of caches, turns what was thrown into a 500 and logs one line.
 */
export async function handle(request: Request, answer: (requestId: string) => Promise<Response>): Promise<Response> {
  const started = performance.now();
  const requestId = requestIdOf(request.headers);
  const fields: Record<string, unknown> = {
    request_id: requestId,
    method: request.method,
    path: new URL(request.url).pathname,
  };
  const { traceparent } = traceOf(request.headers);
  if (traceparent !== undefined) fields.trace_id = traceparent.slice(3, 35);
  let response: Response;
  try {
    response = await answer(requestId);
  } catch (error) {
    fields.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
    response = problem(500, 'internal', 'Something went wrong on our side.');
  }
  response.headers.set(REQUEST_ID, requestId);
  // no-transform: compression would hold a stream's events back.
  response.headers.set('cache-control', isStream(response) ? 'no-store, no-transform' : 'no-store');
  fields.status = response.status;
  fields.duration_ms = Math.round(performance.now() - started);
  log(response.status >= 500 ? 'error' : 'info', 'request', fields);
  return response;
}

/** The body as bytes, or null as soon as it is known to exceed `limit` bytes. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return null;
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

export function isStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
}
