/** The conversation on the page, as pure functions. */
import type { ChatEvent, Conversation, ToolUse } from './chat';

export interface Message {
  readonly key: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly tools: readonly ToolUse[];
  /** How an answer came to its end, or that it hasn't. */
  readonly state: 'done' | 'coming' | 'stopped' | 'failed';
}

export interface Chat {
  readonly conversationId: string | null;
  readonly messages: readonly Message[];
  readonly busy: boolean;
  readonly error: string | null;
}

export type ChatAction =
  | { readonly type: 'asked'; readonly text: string }
  | { readonly type: 'event'; readonly event: ChatEvent }
  | { readonly type: 'failed'; readonly error: string }
  | { readonly type: 'stopped' }
  | { readonly type: 'opened'; readonly conversation: Conversation }
  | { readonly type: 'cleared' }
  | { readonly type: 'complained'; readonly error: string | null };

export const emptyChat: Chat = { conversationId: null, messages: [], busy: false, error: null };

export function reduceChat(chat: Chat, action: ChatAction): Chat {
  switch (action.type) {
    case 'asked': {
      const count = chat.messages.length;
      const mine: Message = { key: `m${count}`, role: 'user', text: action.text, tools: [], state: 'done' };
      const answer: Message = { key: `m${count + 1}`, role: 'assistant', text: '', tools: [], state: 'coming' };
      return { ...chat, messages: [...chat.messages, mine, answer], busy: true, error: null };
    }
    case 'event':
      return heard(chat, action.event);
    case 'failed':
      return end(chat, 'failed', action.error);
    case 'stopped':
      return end(chat, 'stopped', null);
    case 'opened':
      return {
        conversationId: action.conversation.id,
        messages: action.conversation.messages.map(({ id, role, text }) => ({ key: `s${id}`, role, text, tools: [], state: 'done' })),
        busy: false,
        error: null,
      };
    case 'cleared':
      return emptyChat;
    case 'complained':
      return { ...chat, error: action.error };
  }
}

function heard(chat: Chat, event: ChatEvent): Chat {
  switch (event.type) {
    case 'conversation':
      return { ...chat, conversationId: event.id };
    case 'delta':
      return answered(chat, ({ text }) => ({ text: text + event.text }));
    case 'tool':
      return answered(chat, ({ tools }) => ({ tools: [...tools, event.tool] }));
    case 'done':
      return end(chat, 'done', null);
    case 'error':
      return end(chat, 'failed', event.message);
    case 'todos':
      return chat;
  }
}

function end(chat: Chat, state: Message['state'], error: string | null): Chat {
  return chat.busy ? { ...answered(chat, () => ({ state })), busy: false, error } : chat;
}

/** The chat with its last answer changed. */
function answered(chat: Chat, change: (answer: Message) => Partial<Message>): Chat {
  const last = chat.messages.at(-1);
  if (last?.state !== 'coming') return chat;
  return { ...chat, messages: [...chat.messages.slice(0, -1), { ...last, ...change(last) }] };
}
