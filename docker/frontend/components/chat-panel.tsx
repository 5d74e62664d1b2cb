'use client';

import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';

import { MESSAGE_MAX } from '@/lib/chat';
import type { Message } from '@/lib/chat-state';
import { useChat } from '@/lib/use-chat';

import { BinIcon, CrossIcon, SendIcon, StopIcon } from './icons';

interface Props {
  onClose: () => void;
  onTodosChanged: () => void;
  onSignedOut: () => void;
}

const IDEAS = ['What is due this week?', 'Add “Water the plants” for tomorrow at 9', 'Summarise what is still open'];

export function ChatPanel({ onClose, onTodosChanged, onSignedOut }: Props) {
  const chat = useChat({ onTodosChanged, onSignedOut });
  const [text, setText] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  const end = useRef<HTMLDivElement>(null);

  useEffect(() => {
    input.current?.focus();
  }, []);
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [chat.messages, chat.error]);

  async function send(message: string) {
    const trimmed = message.trim();
    if (trimmed === '' || chat.busy) return;
    setText('');
    input.current?.focus();
    // Nobody should have to type it again, unless they have typed on already.
    if (!(await chat.send(trimmed))) setText((now) => now || trimmed);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void send(text);
  }

  function keys(event: KeyboardEvent) {
    // Enter that ends a composition (Japanese, Chinese …) is not meant to send.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  }

  return (
    <aside
      className="chat"
      aria-label="Assistant"
      data-testid="chat"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <div className="chat-head">
        <h2>Assistant</h2>
        <Conversations chat={chat} />
        <button type="button" className="icon-button" onClick={onClose} aria-label="Close the assistant">
          <CrossIcon />
        </button>
      </div>
      <div className="chat-log" role="log" aria-label="Conversation" tabIndex={0} data-testid="chat-log">
        {chat.messages.length === 0 && (
          <div className="chat-ideas">
            <p>Tell me what to add, change or find. For example:</p>
            {IDEAS.map((idea) => (
              <button key={idea} type="button" className="idea" onClick={() => void send(idea)}>
                {idea}
              </button>
            ))}
          </div>
        )}
        {chat.messages.map((message) => (
          <Bubble key={message.key} message={message} />
        ))}
        <div role="alert">
          {chat.error !== null && (
            <p className="chat-error" data-testid="chat-error">
              {chat.error}
            </p>
          )}
        </div>
        <div ref={end} />
      </div>
      <form className="chat-form" onSubmit={submit}>
        <label className="visually-hidden" htmlFor="chat-input">
          Message to the assistant
        </label>
        <textarea
          ref={input}
          id="chat-input"
          data-testid="chat-input"
          rows={2}
          maxLength={MESSAGE_MAX}
          placeholder="Ask or tell me something"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={keys}
        />
        {chat.busy ? (
          <button type="button" className="round" data-testid="chat-stop" aria-label="Stop the answer" onClick={chat.stop}>
            <StopIcon />
          </button>
        ) : (
          <button type="submit" className="round" data-testid="chat-send" aria-label="Send" disabled={text.trim() === ''}>
            <SendIcon />
          </button>
        )}
      </form>
    </aside>
  );
}

function Bubble({ message: { role, text, tools, state } }: { message: Message }) {
  return (
    <div className={`bubble bubble-${role}`} data-testid={`message-${role}`} aria-busy={state === 'coming'}>
      <span className="visually-hidden">{role === 'user' ? 'You: ' : 'Assistant: '}</span>
      {tools.length > 0 && (
        <ul className="tools">
          {tools.map((tool, index) => (
            <li key={index} className={tool.ok ? 'tool' : 'tool tool-failed'} data-testid="tool">
              {tool.summary || tool.name}
            </li>
          ))}
        </ul>
      )}
      {text !== '' && <p>{text}</p>}
      {state === 'coming' && text === '' && <p className="thinking">Thinking …</p>}
      {state === 'stopped' && <p className="bubble-end">Stopped</p>}
    </div>
  );
}

function Conversations({ chat }: { chat: ReturnType<typeof useChat> }) {
  const { conversationId, conversations } = chat;
  if (conversations.length === 0 && chat.messages.length === 0) return null;
  return (
    <>
      <label>
        <span className="visually-hidden">Conversation</span>
        <select
          data-testid="conversations"
          value={conversations.some(({ id }) => id === conversationId) ? (conversationId ?? '') : ''}
          onChange={(event) => (event.target.value === '' ? chat.startAnew() : void chat.open(event.target.value))}
        >
          <option value="">New conversation</option>
          {conversations.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {conversationId !== null && (
        <button
          type="button"
          className="icon-button danger"
          aria-label="Delete this conversation"
          data-testid="chat-delete"
          disabled={chat.busy}
          onClick={() => void chat.remove(conversationId)}
        >
          <BinIcon />
        </button>
      )}
    </>
  );
}
