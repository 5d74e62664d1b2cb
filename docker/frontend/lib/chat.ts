/** The browser's side of the conversation with the assistant. */
import { ApiError, call, init, refused, unanswered } from './http';
import { readEvents } from './sse';

export const MESSAGE_MAX = 2_000;
/** Longest silence within an answer. */
const SILENCE_MS = 60_000;

export interface ConversationHead {
  readonly id: string;
  readonly title: string;
  readonly updated_at: string;
}

export interface Conversation extends Pick<ConversationHead, 'id' | 'title'> {
  readonly messages: readonly { readonly id: string | number; readonly role: 'user' | 'assistant'; readonly text: string; readonly created_at: string }[];
}

export interface ToolUse {
  readonly name: string;
  readonly ok: boolean;
  readonly summary: string;
}

export type ChatEvent =
  | { readonly type: 'conversation'; readonly id: string }
  | { readonly type: 'delta'; readonly text: string }
  | { readonly type: 'tool'; readonly tool: ToolUse }
  | { readonly type: 'todos' }
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly message: string };

export const listConversations = (): Promise<ConversationHead[]> => call('GET', '/api/conversations');
export const getConversation = (id: string): Promise<Conversation> => call('GET', `/api/conversations/${id}`);
export const removeConversation = (id: string): Promise<void> => call('DELETE', `/api/conversations/${id}`);

/** Sends a message and yields what comes back. Throws ApiError; when `stop` is aborted, it just ends. */
export async function* say(message: string, conversationId: string | null, stop: AbortSignal): AsyncGenerator<ChatEvent> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new DOMException('no word in time', 'TimeoutError')), SILENCE_MS);
  };
  heard();
  const body = {
    message,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(conversationId !== null && { conversation_id: conversationId }),
  };
  let ended = false;
  try {
    const request = init('POST', body);
    const response = await fetch('/api/chat', {
      ...request,
      headers: { ...request.headers, accept: 'text/event-stream' },
      signal: AbortSignal.any([stop, silence.signal]),
    });
    if (!response.ok || response.body === null) throw refused(response.status, await response.text());
    for await (const event of readEvents(response.body)) {
      heard();
      const known = understand(event.name, event.data);
      if (known === null) continue;
      ended ||= known.type === 'done' || known.type === 'error';
      yield known;
    }
    if (!ended && !stop.aborted) throw new ApiError(0, 'The answer broke off.');
  } catch (error) {
    if (stop.aborted) return;
    throw error instanceof ApiError ? error : unanswered(error);
  } finally {
    clearTimeout(timer);
  }
}

/** An event of the backend's; null for one that this page doesn't know. */
export function understand(name: string, data: string): ChatEvent | null {
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(data) as Record<string, unknown>;
  } catch {
    return null;
  }
  const text = (key: string) => String(content[key] ?? '');
  switch (name) {
    case 'conversation':
      return { type: 'conversation', id: text('id') };
    case 'delta':
      return { type: 'delta', text: text('text') };
    case 'tool':
      return { type: 'tool', tool: { name: text('name'), ok: content.ok === true, summary: text('summary') } };
    case 'todos':
    case 'done':
      return { type: name };
    case 'error':
      return { type: 'error', message: text('message') };
    default:
      return null;
  }
}
