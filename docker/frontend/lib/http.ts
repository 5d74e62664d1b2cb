/** The browser's side of every call: same origin, JSON, a deadline. */

/** A call that failed, with a sentence for the user. Status 0: no answer arrived at all. */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
    /** What a program can go by, such as `signed_out`; empty where the server gave none. */
    readonly code = '',
  ) {
    super(message);
  }

  /** The change may have been made although the call failed. */
  get uncertain(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const DEADLINE_MS = 15_000;

/** Answers the content of a JSON answer, or undefined for an empty one. Throws ApiError. */
export async function call<T>(method: string, path: string, body?: object): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, { ...init(method, body), signal: AbortSignal.timeout(DEADLINE_MS) });
    text = await response.text();
  } catch (error) {
    throw unanswered(error);
  }
  if (!response.ok) throw refused(response.status, text);
  return parse(text) as T;
}

export function init(method: string, body?: object): RequestInit {
  return {
    method,
    cache: 'no-store',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
}

export function unanswered(error: unknown): ApiError {
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  return new ApiError(0, timedOut ? 'No answer arrived in time.' : 'The server can’t be reached. Are you online?');
}

export function refused(status: number, text: string): ApiError {
  const content = parse(text);
  const code = typeof content === 'object' && content !== null && 'code' in content ? String(content.code) : '';
  return new ApiError(status, detailOf(content) ?? `The server answered with status ${status}.`, code);
}

export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something unexpected happened.';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `detail` is a text, or a list of `{field, message}` when the backend's validation wrote it. */
function detailOf(content: unknown): string | undefined {
  if (typeof content !== 'object' || content === null || !('detail' in content)) return undefined;
  const { detail } = content;
  const texts: unknown[] = Array.isArray(detail) ? detail.map((item: { message?: unknown } | null) => item?.message) : [detail];
  return texts.filter((text) => typeof text === 'string').map(sentence).join(' ') || undefined;
}

export function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
