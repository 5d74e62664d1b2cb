/**
 * What the page knows, as pure functions.
 *
 * `rows` is what the server has confirmed; `changes` is what was asked for and not answered yet. The page shows the rows with
 * the changes applied. So taking a failed change back is dropping it, however many others are under way.
 */
import type { Draft, Page, Patch, Query, Todo, TodoId } from './api';

export interface Row extends Draft {
  /** Stable for as long as the row is shown: a new todo keeps it when the server gives the id. */
  readonly key: string;
  readonly id: TodoId | null;
  readonly done: boolean;
}

export interface ShownRow extends Row {
  readonly pending: boolean;
}

export type Change =
  | { readonly kind: 'add'; readonly changeId: number; readonly key: string; readonly title: string }
  | { readonly kind: 'edit'; readonly changeId: number; readonly key: string; readonly patch: Patch }
  | { readonly kind: 'remove'; readonly changeId: number; readonly key: string };

export interface Counts {
  readonly open: number;
  readonly done: number;
}

export interface State {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly rows: readonly Row[];
  /** How many there are on the server, shown or not. */
  readonly counts: Counts;
  readonly nextCursor: string | null;
  readonly changes: readonly Change[];
  /** Shown until dismissed or until the next thing is tried. */
  readonly error: string | null;
}

export type Action =
  | { type: 'loading' }
  | { type: 'loaded'; page: Page }
  | { type: 'loaded-more'; page: Page }
  | { type: 'found'; todo: Todo }
  | { type: 'load-failed'; error: string }
  | { type: 'started'; change: Change }
  | { type: 'confirmed'; changeId: number; todo: Todo | null }
  | { type: 'failed'; changeId: number; error: string; gone: boolean }
  | { type: 'complained'; error: string }
  | { type: 'dismissed' };

export const initialState: State = {
  status: 'loading',
  rows: [],
  counts: { open: 0, done: 0 },
  nextCursor: null,
  changes: [],
  error: null,
};

const BLANK: Draft = { title: '', notes: null, due_at: null, remind_at: null, priority: 'none', tags: [] };

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'loading':
      return { ...state, status: 'loading', error: null };
    case 'loaded':
      return { ...state, ...received(state, action.page, []), status: 'ready' };
    case 'loaded-more':
      return { ...state, ...received(state, action.page, state.rows) };
    case 'found': {
      const known = state.rows.some((row) => row.id === action.todo.id);
      return known ? state : { ...state, rows: [toRow(action.todo, keyOf(action.todo.id)), ...state.rows] };
    }
    case 'load-failed':
      return { ...state, status: 'failed', error: action.error };
    case 'started':
      return { ...state, error: null, changes: [...state.changes, action.change] };
    case 'confirmed':
      return settle(state, action.changeId, (known, change) => confirm(known, change, action.todo));
    case 'failed': {
      const settled = settle(state, action.changeId, (known, { key }) => (action.gone ? without(known, key) : known));
      return { ...settled, error: action.error };
    }
    case 'complained':
      return { ...state, error: action.error };
    case 'dismissed':
      return { ...state, error: null };
  }
}

/** The rows to show: what is confirmed, with everything under way applied, as far as it belongs to what was asked for. */
export function shownRows({ rows, changes }: State, status: Query['status'] = 'all'): ShownRow[] {
  const confirmed: ShownRow[] = rows.map((row) => ({ ...row, pending: false }));
  return changes
    .reduce<ShownRow[]>((shown, change) => {
      switch (change.kind) {
        case 'add':
          return [{ ...BLANK, key: change.key, id: null, title: change.title, done: false, pending: true }, ...shown];
        case 'edit':
          return shown.map((row) => (row.key === change.key ? { ...row, ...change.patch, pending: true } : row));
        case 'remove':
          return shown.filter((row) => row.key !== change.key);
      }
    }, confirmed)
    .filter((row) => status === 'all' || row.done === (status === 'done'));
}

/** The counts, with everything under way applied. */
export function shownCounts({ rows, counts, changes }: State): Counts {
  const done = new Map(rows.map((row) => [row.key, row.done]));
  return changes.reduce((sum, change) => {
    const before = done.get(change.key);
    if (change.kind === 'add') return counted(sum, undefined, false);
    if (before === undefined) return sum;
    if (change.kind === 'remove') return counted(sum, before, undefined);
    const after = change.patch.done ?? before;
    done.set(change.key, after);
    return counted(sum, before, after);
  }, counts);
}

/** The key of a row that wasn't added on this page. */
export function keyOf(id: TodoId): string {
  return `todo-${id}`;
}

type Known = Pick<State, 'rows' | 'counts'>;

function received(state: State, page: Page, before: readonly Row[]): Pick<State, 'rows' | 'counts' | 'nextCursor'> {
  const keys = new Map(state.rows.map((row) => [row.id, row.key]));
  const present = new Set(before.map((row) => row.id));
  const rows = page.items.filter((todo) => !present.has(todo.id)).map((todo) => toRow(todo, keys.get(todo.id) ?? keyOf(todo.id)));
  return { rows: [...before, ...rows], counts: page.counts, nextCursor: page.next_cursor };
}

function settle(state: State, changeId: number, apply: (known: Known, change: Change) => Known): State {
  const change = state.changes.find((one) => one.changeId === changeId);
  if (!change) return state;
  return { ...state, ...apply({ rows: state.rows, counts: state.counts }, change), changes: state.changes.filter((one) => one !== change) };
}

function confirm(known: Known, change: Change, todo: Todo | null): Known {
  if (change.kind === 'remove' || todo === null) return without(known, change.key);
  const row = toRow(todo, change.key);
  if (change.kind === 'add') {
    // A list that was loaded meanwhile may hold the new todo already, and count it.
    const listed = known.rows.some((one) => one.id === todo.id);
    return {
      rows: [row, ...known.rows.filter((one) => one.id !== todo.id)],
      counts: listed ? known.counts : counted(known.counts, undefined, todo.done),
    };
  }
  const before = known.rows.find((one) => one.key === change.key);
  return {
    rows: known.rows.map((one) => (one.key === change.key ? row : one)),
    counts: before ? counted(known.counts, before.done, row.done) : known.counts,
  };
}

function counted({ open, done }: Counts, before: boolean | undefined, after: boolean | undefined): Counts {
  const change = (which: boolean) => Number(after === which) - Number(before === which);
  return { open: open + change(false), done: done + change(true) };
}

function toRow({ id, title, notes, due_at, remind_at, priority, tags, done }: Todo, key: string): Row {
  return { key, id, title, notes, due_at, remind_at, priority, tags, done };
}

function without(known: Known, key: string): Known {
  const gone = known.rows.find((row) => row.key === key);
  return { rows: known.rows.filter((row) => row !== gone), counts: gone ? counted(known.counts, gone.done, undefined) : known.counts };
}
