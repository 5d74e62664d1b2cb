'use client';

import { useLayoutEffect, useRef, useState } from 'react';

import type { Draft, Query, Status } from '@/lib/api';
import type { ShownRow } from '@/lib/todo-state';
import type { Todos } from '@/lib/use-todos';

import { Composer } from './composer';
import { ErrorBanner } from './error-banner';
import { Filters } from './filters';
import { Finder } from './finder';
import { Summary } from './summary';
import { TodoItem } from './todo-item';

const EMPTY: Record<Status, { title: string; text: string }> = {
  all: { title: 'A clean slate', text: 'Write down the first thing that needs doing.' },
  open: { title: 'Nothing left open', text: 'Everything on the list is done.' },
  done: { title: 'Nothing done yet', text: 'What you tick off gathers here.' },
};
const NO_MATCH = { title: 'Nothing matches', text: 'No todo fits what you are looking for.' };

interface Props {
  todos: Todos;
  query: Query;
  onQuery: (query: Query) => void;
  /** Key of the row whose details are open. */
  opened: string | null;
  onOpen: (key: string | null) => void;
}

export function TodoApp({ todos, query, onQuery, opened, onOpen }: Props) {
  const [announcement, setAnnouncement] = useState('');
  const [tagsVersion, setTagsVersion] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  /** Place in the list and kind of the control that was just used; when its row leaves, focus must not fall to nowhere. */
  const used = useRef<{ key: string; index: number; control: string } | null>(null);

  const { rows, counts } = todos;
  const total = counts.open + counts.done;
  const searching = query.q.trim() !== '' || query.priority !== '' || query.tag !== '';
  // Until then, what was added already is shown above the placeholder, but nothing is counted.
  const known = todos.status === 'ready';

  useLayoutEffect(() => {
    const last = used.current;
    used.current = null;
    if (!last || rows.some((row) => row.key === last.key)) return;
    const controls = list.current?.querySelectorAll<HTMLElement>(`[data-testid="${last.control}"]`) ?? [];
    const next = controls[Math.min(last.index, controls.length - 1)] ?? input.current;
    next?.focus();
  });

  async function add(title: string): Promise<boolean> {
    // A new todo is open: show it.
    if (query.status === 'done') onQuery({ ...query, status: 'all' });
    const worked = await todos.add(title);
    if (worked) setAnnouncement(`Added “${title}”`);
    return worked;
  }

  async function toggle(row: ShownRow, index: number) {
    used.current = { key: row.key, index, control: 'todo-toggle' };
    if (await todos.change(row, { done: !row.done })) setAnnouncement(`${row.done ? 'Reopened' : 'Completed'} “${row.title}”`);
  }

  async function remove(row: ShownRow, index: number) {
    used.current = { key: row.key, index, control: 'todo-delete' };
    if (opened === row.key) onOpen(null);
    if (await todos.remove(row)) setAnnouncement(`Deleted “${row.title}”`);
  }

  async function save(row: ShownRow, draft: Draft) {
    onOpen(null);
    if (!(await todos.change(row, draft))) return;
    setAnnouncement(`Saved “${draft.title}”`);
    setTagsVersion((version) => version + 1);
  }

  const empty = searching ? NO_MATCH : EMPTY[query.status];
  return (
    <>
      <Summary open={counts.open} total={total} known={known} />
      <ErrorBanner message={todos.error} onDismiss={todos.dismissError} />
      <section className="card" aria-labelledby="list-heading">
        <h2 id="list-heading" className="visually-hidden">
          Your todos
        </h2>
        <Composer inputRef={input} onAdd={add} />
        {known && (total > 0 || searching) && (
          <>
            <Finder query={query} onChange={onQuery} version={`${tagsVersion} ${total}`} />
            <Filters
              current={query.status}
              counts={{ all: total, ...counts }}
              onChange={(status) => onQuery({ ...query, status })}
            />
          </>
        )}
        {rows.length > 0 && (
          <ul ref={list} className="list" data-testid="todo-list">
            {rows.map((row, index) => (
              <TodoItem
                key={row.key}
                row={row}
                isOpen={row.key === opened}
                onOpen={(open) => onOpen(open ? row.key : null)}
                onToggle={() => toggle(row, index)}
                onDelete={() => remove(row, index)}
                onSave={(draft) => save(row, draft)}
              />
            ))}
          </ul>
        )}
        {known && todos.hasMore && (
          <div className="more">
            <button type="button" className="secondary" data-testid="more" onClick={() => void todos.loadMore()}>
              Show more
            </button>
          </div>
        )}
        {todos.status === 'loading' && <Skeleton />}
        {todos.status === 'failed' && (
          <div className="empty">
            <p className="empty-title">The list isn’t here</p>
            <p>It can be loaded once the service answers again.</p>
            <button type="button" className="secondary" data-testid="reload" onClick={todos.reload}>
              Try again
            </button>
          </div>
        )}
        {known && rows.length === 0 && (
          <div className="empty" data-testid="empty-state">
            <p className="empty-title">{empty.title}</p>
            <p>{empty.text}</p>
          </div>
        )}
      </section>
      <p className="visually-hidden" role="status">
        {announcement}
      </p>
    </>
  );
}

function Skeleton() {
  return (
    <div className="skeleton" data-testid="loading">
      <p className="visually-hidden" role="status">
        Loading your todos
      </p>
      <div className="skeleton-filters" />
      <div className="skeleton-row" />
      <div className="skeleton-row" />
      <div className="skeleton-row" />
    </div>
  );
}
