'use client';

import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';

import { addTodo, ApiError, listTodos, removeTodo, setDone, type Todo } from './api';
import { type Change, initialState, reduce, type ShownRow, shownRows, type State } from './todo-state';

export interface Todos {
  readonly status: State['status'];
  readonly rows: readonly ShownRow[];
  readonly error: string | null;
  /** Each resolves to whether it worked; a failure is already shown, and taken back, by then. */
  add(title: string): Promise<boolean>;
  toggle(row: ShownRow): Promise<boolean>;
  remove(row: ShownRow): Promise<boolean>;
  reload(): void;
  dismissError(): void;
}

/** `Omit` on each member of the union. */
type NewChange = Change extends infer C ? (C extends Change ? Omit<C, 'changeId'> : never) : never;

export function useTodos(): Todos {
  const [state, dispatch] = useReducer(reduce, initialState);
  const rows = useMemo(() => shownRows(state), [state]);
  const lastChangeId = useRef(0);
  const settledChanges = useRef(0);
  /** The last call for each row: calls about one row go out one after the other, so the last wish wins. */
  const queues = useRef(new Map<string, Promise<unknown>>());

  const fetchList = useCallback(async () => {
    for (;;) {
      const before = settledChanges.current;
      const todos = await listTodos();
      // An answer from before a change was made would undo it on the page: ask again.
      if (before === settledChanges.current) return dispatch({ type: 'loaded', todos });
    }
  }, []);

  const load = useCallback(async () => {
    try {
      await fetchList();
    } catch (error) {
      dispatch({ type: 'load-failed', error: `Your todos couldn’t be loaded. ${messageOf(error)}` });
    }
  }, [fetchList]);

  useEffect(() => void load(), [load]);

  async function run(asked: NewChange, what: string, call: () => Promise<Todo | void>): Promise<boolean> {
    const changeId = ++lastChangeId.current;
    dispatch({ type: 'started', change: { ...asked, changeId } });
    const mine = (queues.current.get(asked.key) ?? Promise.resolve()).then(call);
    const queued = mine.catch(() => undefined);
    queues.current.set(asked.key, queued);
    try {
      const todo = (await mine) ?? null;
      settledChanges.current++;
      dispatch({ type: 'confirmed', changeId, todo });
      if (state.status === 'failed') void load();
      return true;
    } catch (error) {
      settledChanges.current++;
      const gone = error instanceof ApiError && error.status === 404 && asked.kind !== 'add';
      const reason = gone ? 'It no longer exists.' : messageOf(error);
      dispatch({ type: 'failed', changeId, error: `${what} ${reason}`, gone });
      // Look what became of it; if that fails too, the error shown already says what matters.
      if (error instanceof ApiError && error.uncertain) void fetchList().catch(() => undefined);
      return false;
    } finally {
      if (queues.current.get(asked.key) === queued) queues.current.delete(asked.key);
    }
  }

  return {
    status: state.status,
    rows,
    error: state.error,
    add: (title) =>
      run({ kind: 'add', key: `new-${lastChangeId.current + 1}`, title }, `“${title}” couldn’t be added.`, () => addTodo(title)),
    toggle: ({ key, id, title, done }) =>
      id === null
        ? Promise.resolve(false)
        : run({ kind: 'done', key, done: !done }, `“${title}” couldn’t be ${done ? 'reopened' : 'completed'}.`, () => setDone(id, !done)),
    remove: ({ key, id, title }) =>
      id === null
        ? Promise.resolve(false)
        : run({ kind: 'remove', key }, `“${title}” couldn’t be deleted.`, () => removeTodo(id).catch(acceptGone)),
    reload: () => {
      dispatch({ type: 'loading' });
      void load();
    },
    dismissError: () => dispatch({ type: 'dismissed' }),
  };
}

/** Somebody else deleted it first: that is what was wanted. */
function acceptGone(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}

function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something unexpected happened.';
}
