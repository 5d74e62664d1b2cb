'use client';

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';

import type { Query } from '@/lib/api';
import { useTodos } from '@/lib/use-todos';

import { AccountMenu } from './account-menu';
import { ChatPanel } from './chat-panel';
import { ChatIcon } from './icons';
import { SiteHeader } from './site-header';
import { TodoApp } from './todo-app';

interface Props {
  title: string;
  person: { readonly name: string; readonly email: string };
}

const EVERYTHING: Query = { q: '', status: 'all', priority: '', tag: '', sort: 'created' };

/** Where the assistant lies over the list, not beside it; as chat.css has it. */
const NARROW = '(width < 64rem)';

function watchWidth(onChange: () => void): () => void {
  const media = matchMedia(NARROW);
  media.addEventListener('change', onChange);
  return () => media.removeEventListener('change', onChange);
}

/** The server shows the form to sign in by then. */
const showSignIn = () => location.reload();

/** What somebody who is signed in sees: the list, and the assistant beside it or, on a small screen, over it. */
export function Workspace({ title, person }: Props) {
  const [query, setQuery] = useState(EVERYTHING);
  const [chatting, setChatting] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const todos = useTodos(query, showSignIn);
  const narrow = useSyncExternalStore(watchWidth, () => matchMedia(NARROW).matches, () => false);
  const toggle = useRef<HTMLButtonElement>(null);

  const { find } = todos;
  const show = useCallback(
    async (id: string) => {
      setQuery((now) => (now.status === 'all' ? now : EVERYTHING));
      setOpened(await find(id));
    },
    [find],
  );

  const ready = todos.status === 'ready';
  // A notification leads to /?todo=…, or, where a tab is open already, tells it.
  useEffect(() => {
    const asked = ready ? new URLSearchParams(location.search).get('todo') : null;
    if (asked === null) return;
    history.replaceState(null, '', '/');
    void show(asked);
  }, [ready, show]);
  useEffect(() => {
    if (!('serviceWorker' in navigator)) return;
    const listen = ({ data }: MessageEvent<{ type?: unknown; id?: unknown } | null>) => {
      if (data?.type === 'open-todo' && data.id !== undefined) void show(String(data.id));
    };
    navigator.serviceWorker.addEventListener('message', listen);
    return () => navigator.serviceWorker.removeEventListener('message', listen);
  }, [show]);

  function closeChat() {
    setChatting(false);
    toggle.current?.focus();
  }

  return (
    <div className={chatting ? 'workspace workspace-chatting' : 'workspace'}>
      <SiteHeader title={title}>
        <div className="header-tools">
          <button
            ref={toggle}
            type="button"
            className="tool-button"
            data-testid="assistant"
            aria-expanded={chatting}
            onClick={() => setChatting(!chatting)}
          >
            <ChatIcon />
            <span>Assistant</span>
          </button>
          <AccountMenu person={person} />
        </div>
      </SiteHeader>
      <main className="page" inert={chatting && narrow}>
        <noscript>
          <p className="banner">This page needs JavaScript to show and change your list.</p>
        </noscript>
        <TodoApp todos={todos} query={query} onQuery={setQuery} opened={opened} onOpen={setOpened} />
      </main>
      {chatting && <ChatPanel onClose={closeChat} onTodosChanged={todos.refresh} onSignedOut={showSignIn} />}
    </div>
  );
}
