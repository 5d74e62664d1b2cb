'use client';

import { useCallback, useEffect, useReducer, useRef, useState } from 'react';

import { type ConversationHead, getConversation, listConversations, removeConversation, say } from './chat';
import { type Chat, emptyChat, reduceChat } from './chat-state';
import { ApiError, messageOf, sentence } from './http';

export interface ChatControls extends Chat {
  readonly conversations: readonly ConversationHead[];
  /** Resolves when the answer has come to its end, to whether the message was taken. */
  send(text: string): Promise<boolean>;
  stop(): void;
  open(id: string): Promise<void>;
  startAnew(): void;
  remove(id: string): Promise<void>;
}

interface Handlers {
  readonly onTodosChanged: () => void;
  readonly onSignedOut: () => void;
}

export function useChat({ onTodosChanged, onSignedOut }: Handlers): ChatControls {
  const [chat, dispatch] = useReducer(reduceChat, emptyChat);
  const [conversations, setConversations] = useState<readonly ConversationHead[]>([]);
  const stopper = useRef<AbortController | null>(null);

  const complain = useCallback(
    (what: string, error: unknown) => {
      if (error instanceof ApiError && error.status === 401) onSignedOut();
      dispatch({ type: 'complained', error: `${what} ${messageOf(error)}` });
    },
    [onSignedOut],
  );

  const refresh = useCallback(async () => {
    try {
      setConversations(await listConversations());
    } catch (error) {
      complain('Earlier conversations couldn’t be loaded.', error);
    }
  }, [complain]);

  useEffect(() => {
    void refresh();
    return () => stopper.current?.abort();
  }, [refresh]);

  async function send(text: string): Promise<boolean> {
    const stop = new AbortController();
    stopper.current = stop;
    dispatch({ type: 'asked', text });
    try {
      for await (const event of say(text, chat.conversationId, stop.signal)) {
        dispatch({ type: 'event', event: event.type === 'error' ? { ...event, message: sentence(event.message) } : event });
        if (event.type === 'todos') onTodosChanged();
      }
      if (stop.signal.aborted) dispatch({ type: 'stopped' });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) onSignedOut();
      dispatch({ type: 'failed', error: messageOf(error) });
      return false;
    } finally {
      // What was done up to a stop or a failure is done.
      if (stop.signal.aborted) onTodosChanged();
    }
    void refresh();
    return true;
  }

  return {
    ...chat,
    conversations,
    send,
    stop: () => {
      stopper.current?.abort();
      dispatch({ type: 'stopped' });
    },
    open: async (id) => {
      stopper.current?.abort();
      try {
        dispatch({ type: 'opened', conversation: await getConversation(id) });
      } catch (error) {
        complain('The conversation couldn’t be loaded.', error);
      }
    },
    startAnew: () => {
      stopper.current?.abort();
      dispatch({ type: 'cleared' });
    },
    remove: async (id) => {
      try {
        await removeConversation(id);
        if (id === chat.conversationId) dispatch({ type: 'cleared' });
      } catch (error) {
        complain('The conversation couldn’t be deleted.', error);
      }
      await refresh();
    },
  };
}
