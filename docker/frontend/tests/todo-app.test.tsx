// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { TodoApp } from '@/components/todo-app';
import type { Page, Query, Todo } from '@/lib/api';
import { useTodos } from '@/lib/use-todos';

/** One call that the page made; the test decides when and what it is answered. */
interface Call {
  method: string;
  url: string;
  body: unknown;
  answer(status: number, content?: unknown): void;
  breakOff(): void;
}

const todo = (id: number, title: string, done = false): Todo => ({
  ...{ id, title, done, notes: null, due_at: null, remind_at: null, priority: 'none', tags: [], created_at: '', updated_at: '' },
});
const page = (items: Todo[]): Page => {
  const done = items.filter((item) => item.done).length;
  return { items, next_cursor: null, counts: { open: items.length - done, done } };
};
const TODOS = [todo(3, 'Buy milk'), todo(2, 'Read', true), todo(1, 'Walk')];

const LIST = '/api/todos?status=all&sort=created&order=desc&limit=50';

let calls: Call[];
let signedOut: ReturnType<typeof vi.fn<() => void>>;

function App() {
  const [query, setQuery] = useState<Query>({ q: '', status: 'all', priority: '', tag: '', sort: 'created' });
  const [opened, setOpened] = useState<string | null>(null);
  return <TodoApp todos={useTodos(query, signedOut)} query={query} onQuery={setQuery} opened={opened} onOpen={setOpened} />;
}

beforeEach(() => {
  calls = [];
  signedOut = vi.fn();
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (url === '/api/tags') return Promise.resolve(Response.json([{ name: 'home', count: 1 }]));
    return new Promise<Response>((resolve, reject) => {
      calls.push({
        method: init.method ?? 'GET',
        url,
        body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
        answer: (status, content) => resolve(new Response(content === undefined ? null : JSON.stringify(content), { status })),
        breakOff: () => reject(new TypeError('Failed to fetch')),
      });
    });
  });
});

afterEach(cleanup);

/** The n-th call, once it has been made. */
async function call(n: number): Promise<Call> {
  return waitFor(() => {
    const made = calls[n];
    if (!made) throw new Error(`call ${n} has not been made`);
    return made;
  });
}

async function open(todos: Todo[] = TODOS) {
  const user = userEvent.setup();
  render(<App />);
  (await call(0)).answer(200, page(todos));
  await waitFor(() => expect(screen.queryByTestId('loading')).toBeNull());
  return user;
}

const titles = () => screen.queryAllByTestId('todo-item').map((item) => item.textContent);
const item = (title: string) => within(screen.getByText(title).closest('li') as HTMLElement);
const checked = (title: string) => (item(title).getByTestId('todo-toggle') as HTMLInputElement).checked;
const input = () => screen.getByTestId('new-todo') as HTMLInputElement;

describe('list', () => {
  it('shows a skeleton, then the todos and their counts', async () => {
    render(<App />);
    expect(screen.getByTestId('loading')).toBeTruthy();
    expect(screen.queryByTestId('empty-state')).toBeNull();
    const list = await call(0);
    expect(list).toMatchObject({ method: 'GET', url: LIST });
    list.answer(200, page(TODOS));
    await screen.findByTestId('todo-list');
    expect(screen.queryByTestId('loading')).toBeNull();
    expect(titles()).toEqual(['Buy milk', 'Read', 'Walk']);
    expect(screen.getByTestId('open-count').textContent).toBe('2');
    expect(screen.getByTestId('filter-done').textContent).toBe('Done 1');
  });

  it('says so when there is nothing', async () => {
    await open([]);
    expect(screen.getByTestId('empty-state').textContent).toContain('A clean slate');
    expect(screen.queryByTestId('todo-list')).toBeNull();
  });

  it('says why it failed, and tries again when asked', async () => {
    const user = userEvent.setup();
    render(<App />);
    (await call(0)).answer(502, { detail: 'The todo service can’t be reached right now.' });
    expect((await screen.findByTestId('error-banner')).textContent).toContain('can’t be reached right now');
    expect(screen.queryByTestId('empty-state')).toBeNull();
    await user.click(screen.getByTestId('reload'));
    expect(screen.queryByTestId('error-banner')).toBeNull();
    (await call(1)).answer(200, page(TODOS));
    await screen.findByTestId('todo-list');
  });

  it('filters', async () => {
    const user = await open();
    await user.click(screen.getByTestId('filter-open'));
    expect(titles()).toEqual(['Buy milk', 'Walk']);
    expect(screen.getByTestId('filter-open').getAttribute('aria-pressed')).toBe('true');
    await user.click(screen.getByTestId('filter-done'));
    expect(titles()).toEqual(['Read']);
    await user.click(item('Read').getByTestId('todo-toggle'));
    expect(screen.getByTestId('empty-state').textContent).toContain('Nothing done yet');
  });
});

describe('add', () => {
  it('shows it at once, sends it trimmed, keeps the focus', async () => {
    const user = await open();
    await user.type(input(), '  Sleep {Enter}');
    expect(titles()).toEqual(['Sleep', 'Buy milk', 'Read', 'Walk']);
    expect(input().value).toBe('');
    expect(document.activeElement).toBe(input());
    const post = await call(1);
    expect(post).toMatchObject({ method: 'POST', url: '/api/todos', body: { title: 'Sleep' } });
    expect(item('Sleep').getByTestId('todo-toggle')).toHaveProperty('disabled', true);
    post.answer(201, todo(4, 'Sleep'));
    await waitFor(() => expect(item('Sleep').getByTestId('todo-toggle')).toHaveProperty('disabled', false));
    expect(screen.getByText('Added “Sleep”')).toBeTruthy();
  });

  it('takes it back when it fails, says why, and gives the text back', async () => {
    const user = await open();
    await user.type(input(), 'Sleep');
    await user.click(screen.getByTestId('add-todo'));
    (await call(1)).answer(422, { detail: [{ field: 'title', message: 'title is silly' }] });
    expect((await screen.findByTestId('error-banner')).textContent).toBe('“Sleep” couldn’t be added. Title is silly.');
    expect(titles()).toEqual(['Buy milk', 'Read', 'Walk']);
    await waitFor(() => expect(input().value).toBe('Sleep'));
    expect(calls).toHaveLength(2);
  });

  it('leaves alone what was typed meanwhile', async () => {
    const user = await open();
    await user.type(input(), 'Sleep{Enter}Run');
    (await call(1)).answer(422, { detail: 'no' });
    await screen.findByTestId('error-banner');
    expect(input().value).toBe('Run');
  });

  it('asks for a text, and sends nothing without one', async () => {
    const user = await open();
    await user.type(input(), '   {Enter}');
    expect(input().getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText('Write down what needs doing first.')).toBeTruthy();
    expect(calls).toHaveLength(1);
  });

  it('becomes visible even where only done ones are shown', async () => {
    const user = await open();
    await user.click(screen.getByTestId('filter-done'));
    await user.type(input(), 'Sleep{Enter}');
    expect(titles()).toContain('Sleep');
  });
});

describe('toggle', () => {
  it('shows it at once, and back', async () => {
    const user = await open();
    await user.click(item('Buy milk').getByTestId('todo-toggle'));
    expect(checked('Buy milk')).toBe(true);
    expect(screen.getByTestId('open-count').textContent).toBe('1');
    const patch = await call(1);
    expect(patch).toMatchObject({ method: 'PATCH', url: '/api/todos/3', body: { done: true } });
    patch.answer(200, todo(3, 'Buy milk', true));
    await screen.findByText('Completed “Buy milk”');
    await user.click(item('Buy milk').getByTestId('todo-toggle'));
    expect(await call(2)).toMatchObject({ body: { done: false } });
  });

  it('takes it back when it fails, and looks what the truth is', async () => {
    const user = await open();
    await user.click(item('Buy milk').getByTestId('todo-toggle'));
    (await call(1)).breakOff();
    expect((await screen.findByTestId('error-banner')).textContent).toContain('“Buy milk” couldn’t be completed.');
    expect(checked('Buy milk')).toBe(false);
    // The answer was lost, the change was not.
    const again = await call(2);
    expect(again.method).toBe('GET');
    again.answer(200, page([todo(3, 'Buy milk', true)]));
    await waitFor(() => expect(checked('Buy milk')).toBe(true));
    expect(screen.getByTestId('error-banner')).toBeTruthy();
    await user.click(screen.getByLabelText('Dismiss this message'));
    expect(screen.queryByTestId('error-banner')).toBeNull();
  });

  it('sends quick changes of one todo one after the other', async () => {
    const user = await open();
    await user.click(item('Buy milk').getByTestId('todo-toggle'));
    await user.click(item('Buy milk').getByTestId('todo-toggle'));
    expect(calls).toHaveLength(2);
    expect(checked('Buy milk')).toBe(false);
    calls[1]?.answer(200, todo(3, 'Buy milk', true));
    const second = await call(2);
    expect(second.body).toEqual({ done: false });
    second.answer(200, todo(3, 'Buy milk', false));
    await screen.findByText('Reopened “Buy milk”');
    expect(checked('Buy milk')).toBe(false);
  });

  it('removes what somebody else has deleted', async () => {
    const user = await open();
    await user.click(item('Walk').getByTestId('todo-toggle'));
    (await call(1)).answer(404, { detail: 'Not Found' });
    expect((await screen.findByTestId('error-banner')).textContent).toContain('It no longer exists.');
    expect(titles()).toEqual(['Buy milk', 'Read']);
  });

  it('moves the focus on when the todo leaves the view', async () => {
    const user = await open();
    await user.click(screen.getByTestId('filter-open'));
    await user.click(item('Buy milk').getByTestId('todo-toggle'));
    expect(document.activeElement).toBe(item('Walk').getByTestId('todo-toggle'));
  });
});

describe('delete', () => {
  it('shows it at once and moves the focus to the next', async () => {
    const user = await open();
    await user.click(screen.getByLabelText('Delete “Buy milk”'));
    expect(titles()).toEqual(['Read', 'Walk']);
    expect(document.activeElement).toBe(screen.getByLabelText('Delete “Read”'));
    const gone = await call(1);
    expect(gone).toMatchObject({ method: 'DELETE', url: '/api/todos/3' });
    gone.answer(204);
    await screen.findByText('Deleted “Buy milk”');
  });

  it('moves the focus to the input after the last', async () => {
    const user = await open([todo(1, 'Walk')]);
    await user.click(screen.getByTestId('todo-delete'));
    expect(document.activeElement).toBe(input());
    expect(screen.getByTestId('empty-state')).toBeTruthy();
  });

  it('brings it back in its place when it fails', async () => {
    const user = await open();
    await user.click(screen.getByLabelText('Delete “Read”'));
    (await call(1)).answer(503, { detail: 'the database is unavailable, try again' });
    expect((await screen.findByTestId('error-banner')).textContent).toBe('“Read” couldn’t be deleted. The database is unavailable, try again.');
    expect(titles()).toEqual(['Buy milk', 'Read', 'Walk']);
  });

  it('is content when it is gone already', async () => {
    const user = await open();
    await user.click(screen.getByLabelText('Delete “Read”'));
    (await call(1)).answer(404, { detail: 'Not Found' });
    await screen.findByText('Deleted “Read”');
    expect(screen.queryByTestId('error-banner')).toBeNull();
  });
});

it('asks again when a list on its way is older than a change', async () => {
  const user = userEvent.setup();
  render(<App />);
  const early = await call(0);
  await user.type(input(), 'Sleep{Enter}');
  (await call(1)).answer(201, todo(4, 'Sleep'));
  await screen.findByText('Added “Sleep”');
  early.answer(200, page(TODOS));
  (await call(2)).answer(200, page([todo(4, 'Sleep'), ...TODOS]));
  await waitFor(() => expect(titles()).toEqual(['Sleep', 'Buy milk', 'Read', 'Walk']));
});

describe('details', () => {
  it('are written, saved at once, and taken back when that fails', async () => {
    const user = await open();
    await user.click(screen.getByLabelText('Edit “Read”'));
    const title = screen.getByTestId('edit-title') as HTMLInputElement;
    expect(document.activeElement).toBe(title);
    await user.clear(title);
    await user.type(title, 'Read more');
    await user.type(screen.getByTestId('edit-tags'), '#home, Books');
    await user.selectOptions(screen.getByTestId('edit-priority'), 'high');
    await user.click(screen.getByTestId('save'));
    expect(item('Read more').getByText('High priority')).toBeTruthy();
    const patch = await call(1);
    expect(patch).toMatchObject({
      method: 'PATCH',
      url: '/api/todos/2',
      body: { title: 'Read more', notes: null, due_at: null, remind_at: null, priority: 'high', tags: ['home', 'books'] },
    });
    patch.answer(422, { detail: 'tags: too many', code: 'invalid' });
    expect((await screen.findByTestId('error-banner')).textContent).toBe('“Read” couldn’t be saved. Tags: too many.');
    expect(screen.queryByText('Read more')).toBeNull();
  });

  it('are left as they were on Escape, with the focus back where it came from', async () => {
    const user = await open();
    await user.click(screen.getByLabelText('Edit “Read”'));
    await user.type(screen.getByTestId('edit-title'), ' nothing{Escape}');
    expect(screen.queryByTestId('editor')).toBeNull();
    expect(document.activeElement).toBe(screen.getByLabelText('Edit “Read”'));
    expect(calls).toHaveLength(1);
  });
});

describe('finding', () => {
  it('asks the server, once the typing has stopped, and drops the answer to an older question', async () => {
    const user = await open();
    await user.selectOptions(screen.getByTestId('sort'), 'due');
    const older = await call(1);
    await user.type(screen.getByTestId('search'), 'milk');
    const newer = await call(2);
    expect(newer.url).toBe('/api/todos?status=all&sort=due&order=asc&limit=50&q=milk');
    newer.answer(200, page([todo(3, 'Buy milk')]));
    await waitFor(() => expect(titles()).toEqual(['Buy milk']));
    older.answer(200, page(TODOS));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(titles()).toEqual(['Buy milk']);
    expect(calls).toHaveLength(3);
  });

  it('says that nothing matches', async () => {
    const user = await open();
    await user.selectOptions(screen.getByTestId('by-priority'), 'high');
    (await call(1)).answer(200, page([]));
    await waitFor(() => expect(screen.getByTestId('empty-state').textContent).toContain('Nothing matches'));
  });

  it('shows more when there is more', async () => {
    const user = userEvent.setup();
    render(<App />);
    (await call(0)).answer(200, { ...page(TODOS), next_cursor: 'further', counts: { open: 3, done: 1 } });
    await user.click(await screen.findByTestId('more'));
    const more = await call(1);
    expect(more.url).toBe(`${LIST}&cursor=further`);
    more.answer(200, { ...page([todo(0, 'Sleep')]), counts: { open: 3, done: 1 } });
    await waitFor(() => expect(titles()).toEqual(['Buy milk', 'Read', 'Walk', 'Sleep']));
    expect(screen.queryByTestId('more')).toBeNull();
  });
});

it('leads to the sign-in when the session has ended', async () => {
  render(<App />);
  (await call(0)).answer(401, { detail: 'You are signed out.', code: 'signed_out' });
  await waitFor(() => expect(signedOut).toHaveBeenCalledOnce());
});
