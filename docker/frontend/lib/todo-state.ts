/**
 * What the page knows, as pure functions.
 *
 * `rows` is what the server has confirmed; `changes` is what was asked for and not answered yet. The page shows the rows with
 * the changes applied. So taking a failed change back is dropping it, however many others are under way.
 */
import type { Todo, TodoId } from './api';

export interface Row {
  /** Stable for as long as the row is shown: a new todo keeps it when the server gives the id. */
  readonly key: string;
  readonly id: TodoId | null;
  readonly title: string;
  readonly done: boolean;
}

export interface ShownRow extends Row {
  readonly pending: boolean;
}

export type Change =
  | { readonly kind: 'add'; readonly changeId: number; readonly key: string; readonly title: string }
  | { readonly kind: 'done'; readonly changeId: number; readonly key: string; readonly done: boolean }
  | { readonly kind: 'remove'; readonly changeId: number; readonly key: string };

export interface State {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly rows: readonly Row[];
  readonly changes: readonly Change[];
  /** Shown until dismissed or until the next thing is tried. */
  readonly error: string | null;
}

export type Action =
  | { type: 'loading' }
  | { type: 'loaded'; todos: readonly Todo[] }
  | { type: 'load-failed'; error: string }
  | { type: 'started'; change: Change }
  | { type: 'confirmed'; changeId: number; todo: Todo | null }
  | { type: 'failed'; changeId: number; error: string; gone: boolean }
  | { type: 'dismissed' };

export const initialState: State = { status: 'loading', rows: [], changes: [], error: null };

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'loading':
      return { ...state, status: 'loading', error: null };
    case 'loaded': {
      const keys = new Map(state.rows.map((row) => [row.id, row.key]));
      const rows = action.todos.map((todo) => toRow(todo, keys.get(todo.id) ?? `todo-${todo.id}`));
      return { ...state, status: 'ready', rows };
    }
    case 'load-failed':
      return { ...state, status: 'failed', error: action.error };
    case 'started':
      return { ...state, error: null, changes: [...state.changes, action.change] };
    case 'confirmed':
      return settle(state, action.changeId, (rows, change) => confirm(rows, change, action.todo));
    case 'failed': {
      const settled = settle(state, action.changeId, (rows, { key }) => (action.gone ? without(rows, key) : rows));
      return { ...settled, error: action.error };
    }
    case 'dismissed':
      return { ...state, error: null };
  }
}

/** The rows to show: what is confirmed, with everything under way applied. */
export function shownRows({ rows, changes }: State): ShownRow[] {
  const confirmed: ShownRow[] = rows.map((row) => ({ ...row, pending: false }));
  return changes.reduce<ShownRow[]>((shown, change) => {
    switch (change.kind) {
      case 'add':
        return [{ key: change.key, id: null, title: change.title, done: false, pending: true }, ...shown];
      case 'done':
        return shown.map((row) => (row.key === change.key ? { ...row, done: change.done, pending: true } : row));
      case 'remove':
        return without(shown, change.key);
    }
  }, confirmed);
}

function settle(state: State, changeId: number, apply: (rows: readonly Row[], change: Change) => readonly Row[]): State {
  const change = state.changes.find((one) => one.changeId === changeId);
  if (!change) return state;
  return { ...state, rows: apply(state.rows, change), changes: state.changes.filter((one) => one !== change) };
}

function confirm(rows: readonly Row[], change: Change, todo: Todo | null): readonly Row[] {
  if (change.kind === 'remove' || todo === null) return without(rows, change.key);
  const row = toRow(todo, change.key);
  // A list that was loaded meanwhile may hold the new todo already.
  return change.kind === 'add'
    ? [row, ...rows.filter((one) => one.id !== todo.id)]
    : rows.map((one) => (one.key === change.key ? row : one));
}

function toRow({ id, title, done }: Todo, key: string): Row {
  return { key, id, title, done };
}

function without<R extends Row>(rows: readonly R[], key: string): R[] {
  return rows.filter((row) => row.key !== key);
}
