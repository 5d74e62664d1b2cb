'use client';

import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';

import { addTodo, changeTodo, getTodo, listTodos, type Patch, type Query, removeTodo, type Todo } from './api';
import { ApiError, messageOf } from './http';
import { type Change, type Counts, initialState, keyOf, reduce, shownCounts, type ShownRow, shownRows, type State } from './todo-state';

export interface Todos {
  readonly status: State['status'];
  readonly rows: readonly ShownRow[];
  readonly counts: Counts;
  readonly hasMore: boolean;
  readonly error: string | null;
  /** Each resolves to whether it worked; a failure is already shown, and taken back, by then. */
  add(title: string): Promise<boolean>;
  change(row: ShownRow, patch: Patch): Promise<boolean>;
  remove(row: ShownRow): Promise<boolean>;
  /** Shows a todo that may not be among those loaded; answers its row's key, or null when there is none. */
  find(id: string): Promise<string | null>;
  loadMore(): Promise<void>;
  /** Loads again with what is shown left standing meanwhile. */
  refresh(): void;
  reload(): void;
  dismissError(): void;
}

/** `Omit` on each member of the union. */
type NewChange = Change extends infer C ? (C extends Change ? Omit<C, 'changeId'> : never) : never;

/** @param onSignedOut called when the server says that nobody is signed in any more */
export function useTodos(query: Query, onSignedOut: () => void): Todos {
  const [state, dispatch] = useReducer(reduce, initialState);
  const rows = useMemo(() => shownRows(state, query.status), [state, query.status]);
  const counts = useMemo(() => shownCounts(state), [state]);
  const lastChangeId = useRef(0);
  const settledChanges = useRef(0);
  /** What the newest list was asked by: an answer to an older question is of no use. */
  const asked = useRef(query);
  const signedOut = useRef(onSignedOut);
  /** The last call for each row: calls about one row go out one after the other, so the last wish wins. */
  const queues = useRef(new Map<string, Promise<unknown>>());

  const fetchList = useCallback(async () => {
    const question = asked.current;
    for (;;) {
      const before = settledChanges.current;
      const page = await listTodos(question);
      if (question !== asked.current) return;
      // An answer from before a change was made would undo it on the page: ask again.
      if (before === settledChanges.current) return dispatch({ type: 'loaded', page });
    }
  }, []);

  const load = useCallback(async () => {
    const question = asked.current;
    try {
      await fetchList();
    } catch (error) {
      if (question !== asked.current) return;
      if (error instanceof ApiError && error.status === 401) return signedOut.current();
      dispatch({ type: 'load-failed', error: `Your todos couldn’t be loaded. ${messageOf(error)}` });
    }
  }, [fetchList]);

  useEffect(() => {
    signedOut.current = onSignedOut;
    asked.current = query;
    void load();
  }, [query, load, onSignedOut]);

  async function run(wish: NewChange, what: string, call: () => Promise<Todo | void>): Promise<boolean> {
    const changeId = ++lastChangeId.current;
    dispatch({ type: 'started', change: { ...wish, changeId } });
    const mine = (queues.current.get(wish.key) ?? Promise.resolve()).then(call);
    const queued = mine.catch(() => undefined);
    queues.current.set(wish.key, queued);
    try {
      const todo = (await mine) ?? null;
      settledChanges.current++;
      dispatch({ type: 'confirmed', changeId, todo });
      if (state.status === 'failed') void load();
      return true;
    } catch (error) {
      settledChanges.current++;
      const gone = error instanceof ApiError && error.status === 404 && wish.kind !== 'add';
      const reason = gone ? 'It no longer exists.' : messageOf(error);
      dispatch({ type: 'failed', changeId, error: `${what} ${reason}`, gone });
      if (error instanceof ApiError && error.status === 401) signedOut.current();
      // Look what became of it; if that fails too, the error shown already says what matters.
      if (error instanceof ApiError && error.uncertain) void fetchList().catch(() => undefined);
      return false;
    } finally {
      if (queues.current.get(wish.key) === queued) queues.current.delete(wish.key);
    }
  }

  async function loadMore(): Promise<void> {
    const question = asked.current;
    try {
      const page = await listTodos(question, state.nextCursor);
      if (question === asked.current) dispatch({ type: 'loaded-more', page });
    } catch (error) {
      if (question === asked.current) dispatch({ type: 'complained', error: `More couldn’t be loaded. ${messageOf(error)}` });
    }
  }

  async function find(id: string): Promise<string | null> {
    const known = state.rows.find((row) => String(row.id) === id);
    if (known) return known.key;
    try {
      const todo = await getTodo(id);
      dispatch({ type: 'found', todo });
      return keyOf(todo.id);
    } catch (error) {
      dispatch({ type: 'complained', error: `The todo couldn’t be opened. ${messageOf(error)}` });
      return null;
    }
  }

  return {
    status: state.status,
    rows,
    counts,
    hasMore: state.nextCursor !== null,
    error: state.error,
    add: (title) =>
      run({ kind: 'add', key: `new-${lastChangeId.current + 1}`, title }, `“${title}” couldn’t be added.`, () => addTodo({ title })),
    change: ({ key, id, title, done }, patch) => {
      const verb = patch.done === undefined ? 'saved' : done ? 'reopened' : 'completed';
      return id === null
        ? Promise.resolve(false)
        : run({ kind: 'edit', key, patch }, `“${title}” couldn’t be ${verb}.`, () => changeTodo(id, patch));
    },
    remove: ({ key, id, title }) =>
      id === null
        ? Promise.resolve(false)
        : run({ kind: 'remove', key }, `“${title}” couldn’t be deleted.`, () => removeTodo(id).catch(acceptGone)),
    find,
    loadMore,
    refresh: () => void fetchList().catch(() => undefined),
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
