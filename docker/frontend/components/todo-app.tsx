'use client';

import { useLayoutEffect, useRef, useState } from 'react';

import type { ShownRow } from '@/lib/todo-state';
import { useTodos } from '@/lib/use-todos';

import { Composer } from './composer';
import { ErrorBanner } from './error-banner';
import { type Filter, Filters } from './filters';
import { Summary } from './summary';
import { TodoItem } from './todo-item';

const EMPTY: Record<Filter, { title: string; text: string }> = {
  all: { title: 'A clean slate', text: 'Write down the first thing that needs doing.' },
  open: { title: 'Nothing left open', text: 'Everything on the list is done.' },
  done: { title: 'Nothing done yet', text: 'What you tick off gathers here.' },
};

export function TodoApp() {
  const todos = useTodos();
  const [filter, setFilter] = useState<Filter>('all');
  const [announcement, setAnnouncement] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  /** Place in the list and kind of the control that was just used; when its row leaves, focus must not fall to nowhere. */
  const used = useRef<{ key: string; index: number; control: string } | null>(null);

  const open = todos.rows.filter((row) => !row.done).length;
  const total = todos.rows.length;
  const shown = todos.rows.filter((row) => filter === 'all' || row.done === (filter === 'done'));
  // Until then, what was added already is shown above the placeholder, but nothing is counted.
  const known = todos.status === 'ready';

  useLayoutEffect(() => {
    const last = used.current;
    used.current = null;
    if (!last || shown.some((row) => row.key === last.key)) return;
    const controls = list.current?.querySelectorAll<HTMLElement>(`[data-testid="${last.control}"]`) ?? [];
    const next = controls[Math.min(last.index, controls.length - 1)] ?? input.current;
    next?.focus();
  });

  async function add(title: string): Promise<boolean> {
    // A new todo is open: show it.
    if (filter === 'done') setFilter('all');
    const worked = await todos.add(title);
    if (worked) setAnnouncement(`Added “${title}”`);
    return worked;
  }

  async function toggle(row: ShownRow, index: number) {
    used.current = { key: row.key, index, control: 'todo-toggle' };
    if (await todos.toggle(row)) setAnnouncement(`${row.done ? 'Reopened' : 'Completed'} “${row.title}”`);
  }

  async function remove(row: ShownRow, index: number) {
    used.current = { key: row.key, index, control: 'todo-delete' };
    if (await todos.remove(row)) setAnnouncement(`Deleted “${row.title}”`);
  }

  return (
    <>
      <Summary open={open} total={total} known={known} />
      <ErrorBanner message={todos.error} onDismiss={todos.dismissError} />
      <section className="card" aria-labelledby="list-heading">
        <h2 id="list-heading" className="visually-hidden">
          Your todos
        </h2>
        <Composer inputRef={input} onAdd={add} />
        {known && total > 0 && (
          <Filters current={filter} counts={{ all: total, open, done: total - open }} onChange={setFilter} />
        )}
        {shown.length > 0 && (
          <ul ref={list} className="list" data-testid="todo-list">
            {shown.map((row, index) => (
              <TodoItem key={row.key} row={row} onToggle={() => toggle(row, index)} onDelete={() => remove(row, index)} />
            ))}
          </ul>
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
        {known && shown.length === 0 && (
          <div className="empty" data-testid="empty-state">
            <p className="empty-title">{EMPTY[filter].title}</p>
            <p>{EMPTY[filter].text}</p>
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
