/** The browser's side of /api: todos and tags. */
import { call } from './http';

export type TodoId = string | number;

export const PRIORITIES = ['none', 'low', 'medium', 'high'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What a person writes; times are ISO 8601 with an offset. */
export interface Draft {
  readonly title: string;
  readonly notes: string | null;
  readonly due_at: string | null;
  readonly remind_at: string | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
}

export interface Todo extends Draft {
  readonly id: TodoId;
  readonly done: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

export type Patch = Partial<Draft & Pick<Todo, 'done'>>;

export const STATUSES = ['all', 'open', 'done'] as const;
export type Status = (typeof STATUSES)[number];
export const SORTS = ['created', 'due', 'priority', 'title'] as const;
export type Sort = (typeof SORTS)[number];

export interface Query {
  readonly q: string;
  readonly status: Status;
  readonly priority: Priority | '';
  readonly tag: string;
  readonly sort: Sort;
}

export interface Page {
  readonly items: readonly Todo[];
  readonly next_cursor: string | null;
  readonly counts: { readonly open: number; readonly done: number };
}

export interface Tag {
  readonly name: string;
  readonly count: number;
}

export const TITLE_MAX = 200;
export const NOTES_MAX = 2_000;
export const TAG_MAX = 40;
export const TAGS_MAX = 10;
export const PAGE_SIZE = 50;

/** New and important first, what is due and what begins with A first. */
const ORDER: Record<Sort, 'asc' | 'desc'> = { created: 'desc', due: 'asc', priority: 'desc', title: 'asc' };

export const listTodos = (query: Query, cursor: string | null = null): Promise<Page> => call('GET', `/api/todos?${search(query, cursor)}`);
export const getTodo = (id: TodoId): Promise<Todo> => call('GET', `/api/todos/${id}`);
export const addTodo = (todo: Partial<Draft>): Promise<Todo> => call('POST', '/api/todos', todo);
export const changeTodo = (id: TodoId, patch: Patch): Promise<Todo> => call('PATCH', `/api/todos/${id}`, patch);
export const removeTodo = (id: TodoId): Promise<void> => call('DELETE', `/api/todos/${id}`);
export const listTags = (): Promise<Tag[]> => call('GET', '/api/tags');

export function search({ q, status, priority, tag, sort }: Query, cursor: string | null): string {
  const parameters = new URLSearchParams({ status, sort, order: ORDER[sort], limit: String(PAGE_SIZE) });
  for (const [name, value] of Object.entries({ q: q.trim(), priority, tag, cursor })) if (value) parameters.set(name, value);
  return parameters.toString();
}
