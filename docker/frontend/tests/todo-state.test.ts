import { describe, expect, it } from 'vitest';

import type { Todo } from '@/lib/api';
import { type Action, initialState, reduce, shownRows, type State } from '@/lib/todo-state';

const todo = (id: number, title: string, done = false): Todo => ({ id, title, done, created_at: '', updated_at: '' });
const after = (...actions: Action[]): State => actions.reduce(reduce, initialState);
const titles = (state: State) => shownRows(state).map((row) => `${row.done ? 'x' : '-'} ${row.title}${row.pending ? ' …' : ''}`);

const loaded: Action = { type: 'loaded', todos: [todo(2, 'two'), todo(1, 'one')] };
const add: Action = { type: 'started', change: { kind: 'add', changeId: 1, key: 'new-1', title: 'three' } };
const tick: Action = { type: 'started', change: { kind: 'done', changeId: 2, key: 'todo-1', done: true } };
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
    expect(shownRows(state)[0]).toEqual({ key: 'new-1', id: 3, title: 'three', done: false, pending: false });
    const reloaded = reduce(state, { type: 'loaded', todos: [todo(3, 'three')] });
    expect(shownRows(reloaded)[0]?.key).toBe('new-1');
  });

  it('show a new todo once when a reload brought it first', () => {
    const state = after(loaded, add, { type: 'loaded', todos: [todo(3, 'three'), todo(1, 'one')] }, { type: 'confirmed', changeId: 1, todo: todo(3, 'three') });
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
