import { describe, expect, it } from 'vitest';

import type { Page, Todo } from '@/lib/api';
import { type Action, initialState, reduce, shownCounts, shownRows, type State } from '@/lib/todo-state';

const todo = (id: number, title: string, done = false): Todo => ({
  ...{ id, title, done, notes: null, due_at: null, remind_at: null, priority: 'none', tags: [], created_at: '', updated_at: '' },
});
const page = (...items: Todo[]): Page => {
  const done = items.filter((item) => item.done).length;
  return { items, next_cursor: null, counts: { open: items.length - done, done } };
};
const after = (...actions: Action[]): State => actions.reduce(reduce, initialState);
const titles = (state: State) => shownRows(state).map((row) => `${row.done ? 'x' : '-'} ${row.title}${row.pending ? ' …' : ''}`);

const loaded: Action = { type: 'loaded', page: page(todo(2, 'two'), todo(1, 'one')) };
const add: Action = { type: 'started', change: { kind: 'add', changeId: 1, key: 'new-1', title: 'three' } };
const tick: Action = { type: 'started', change: { kind: 'edit', changeId: 2, key: 'todo-1', patch: { done: true } } };
const remove: Action = { type: 'started', change: { kind: 'remove', changeId: 3, key: 'todo-2' } };

describe('the shown rows', () => {
  it('have every change under way applied', () => {
    expect(titles(after(loaded, add, tick, remove))).toEqual(['- three …', 'x one …']);
  });

  it('are as before, and in place, when changes fail in any order', () => {
    const fail = (changeId: number): Action => ({ type: 'failed', changeId, error: 'no', gone: false });
    const state = after(loaded, add, tick, remove, fail(3), fail(1), fail(2));
    expect(titles(state)).toEqual(titles(after(loaded)));
    expect(state.error).toBe('no');
  });

  it('keep what others confirm while one fails', () => {
    const state = after(loaded, tick, remove, { type: 'confirmed', changeId: 2, todo: todo(1, 'one', true) }, { type: 'failed', changeId: 3, error: 'no', gone: false });
    expect(titles(state)).toEqual(['- two', 'x one']);
  });

  it('keep a new todo’s key when the server names it, and on every reload', () => {
    const state = after(loaded, add, { type: 'confirmed', changeId: 1, todo: todo(3, 'three') });
    expect(shownRows(state)[0]).toMatchObject({ key: 'new-1', id: 3, title: 'three', done: false, pending: false });
    const reloaded = reduce(state, { type: 'loaded', page: page(todo(3, 'three')) });
    expect(shownRows(reloaded)[0]?.key).toBe('new-1');
  });

  it('show a new todo once when a reload brought it first', () => {
    const state = after(loaded, add, { type: 'loaded', page: page(todo(3, 'three'), todo(1, 'one')) }, { type: 'confirmed', changeId: 1, todo: todo(3, 'three') });
    expect(titles(state)).toEqual(['- three', '- one']);
  });

  it('lose what turns out to be gone', () => {
    expect(titles(after(loaded, tick, { type: 'failed', changeId: 2, error: 'gone', gone: true }))).toEqual(['- two']);
  });
});

it('clears the error with the next attempt, and when asked to', () => {
  const failed = after(loaded, add, { type: 'failed', changeId: 1, error: 'no', gone: false });
  expect(reduce(failed, tick).error).toBeNull();
  expect(reduce(failed, { type: 'dismissed' }).error).toBeNull();
});

describe('what is shown', () => {
  it('leaves out what a change under way takes out of view', () => {
    expect(shownRows(after(loaded, tick), 'open').map((row) => row.title)).toEqual(['two']);
    expect(shownRows(after(loaded, tick), 'done').map((row) => row.title)).toEqual(['one']);
  });

  it('grows by the next page, without showing anything twice', () => {
    const more = after(loaded, { type: 'loaded-more', page: { ...page(todo(1, 'one'), todo(0, 'zero')), counts: { open: 3, done: 0 } } });
    expect(titles(more)).toEqual(['- two', '- one', '- zero']);
    expect(shownCounts(more)).toEqual({ open: 3, done: 0 });
  });

  it('gets what was looked for at its top, once', () => {
    const found: Action = { type: 'found', todo: todo(9, 'nine') };
    expect(titles(after(loaded, found, found))).toEqual(['- nine', '- two', '- one']);
  });
});

describe('the counts', () => {
  it('follow changes under way, and what becomes of them', () => {
    expect(shownCounts(after(loaded, add, tick, remove))).toEqual({ open: 1, done: 1 });
    expect(shownCounts(after(loaded, tick, { type: 'failed', changeId: 2, error: 'no', gone: false }))).toEqual({ open: 2, done: 0 });
    expect(shownCounts(after(loaded, tick, { type: 'confirmed', changeId: 2, todo: todo(1, 'one', true) }))).toEqual({ open: 1, done: 1 });
    expect(shownCounts(after(loaded, remove, { type: 'confirmed', changeId: 3, todo: null }))).toEqual({ open: 1, done: 0 });
    expect(shownCounts(after(loaded, tick, { type: 'failed', changeId: 2, error: 'gone', gone: true }))).toEqual({ open: 1, done: 0 });
  });

  it('take a new todo once, whichever answer comes first', () => {
    const confirmed: Action = { type: 'confirmed', changeId: 1, todo: todo(3, 'three') };
    const reloaded: Action = { type: 'loaded', page: page(todo(3, 'three'), todo(2, 'two'), todo(1, 'one')) };
    expect(shownCounts(after(loaded, add, confirmed))).toEqual({ open: 3, done: 0 });
    expect(shownCounts(after(loaded, add, reloaded, confirmed))).toEqual({ open: 3, done: 0 });
  });
});
