/** The browser's side of /api/todos: same origin, JSON, a deadline on every call. */

export type TodoId = string | number;

export interface Todo {
  readonly id: TodoId;
  readonly title: string;
  readonly done: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

export const TITLE_MAX = 200;

/** A call that failed, with a sentence for the user. Status 0: no answer arrived at all. */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  /** The change may have been made although the call failed. */
  get uncertain(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const DEADLINE_MS = 15_000;

export const listTodos = (): Promise<Todo[]> => call('GET', '');
export const addTodo = (title: string): Promise<Todo> => call('POST', '', { title });
export const setDone = (id: TodoId, done: boolean): Promise<Todo> => call('PATCH', `/${id}`, { done });
export const removeTodo = (id: TodoId): Promise<void> => call('DELETE', `/${id}`);

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api/todos${path}`, {
      method,
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    throw new ApiError(0, timedOut ? 'No answer arrived in time.' : 'The server can’t be reached. Are you online?');
  }
  const content = parse(text);
  if (!response.ok) throw new ApiError(response.status, detailOf(content) ?? `The server answered with status ${response.status}.`);
  return content as T;
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

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
