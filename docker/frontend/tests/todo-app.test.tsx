// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { TodoApp } from '@/components/todo-app';
import type { Todo } from '@/lib/api';

/** One call that the page made; the test decides when and what it is answered. */
interface Call {
  method: string;
  url: string;
  body: unknown;
  answer(status: number, content?: unknown): void;
  breakOff(): void;
}

const todo = (id: number, title: string, done = false): Todo => ({ id, title, done, created_at: '', updated_at: '' });
const TODOS = [todo(3, 'Buy milk'), todo(2, 'Read', true), todo(1, 'Walk')];

let calls: Call[];

beforeEach(() => {
  calls = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
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
  render(<TodoApp />);
  (await call(0)).answer(200, todos);
  await waitFor(() => expect(screen.queryByTestId('loading')).toBeNull());
  return user;
}

const titles = () => screen.queryAllByTestId('todo-item').map((item) => item.textContent);
const item = (title: string) => within(screen.getByText(title).closest('li') as HTMLElement);
const checked = (title: string) => (item(title).getByTestId('todo-toggle') as HTMLInputElement).checked;
const input = () => screen.getByTestId('new-todo') as HTMLInputElement;

describe('list', () => {
  it('shows a skeleton, then the todos and their counts', async () => {
    render(<TodoApp />);
    expect(screen.getByTestId('loading')).toBeTruthy();
    expect(screen.queryByTestId('empty-state')).toBeNull();
    (await call(0)).answer(200, TODOS);
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
    render(<TodoApp />);
    (await call(0)).answer(502, { detail: 'The todo service can’t be reached right now.' });
    expect((await screen.findByTestId('error-banner')).textContent).toContain('can’t be reached right now');
    expect(screen.queryByTestId('empty-state')).toBeNull();
    await user.click(screen.getByTestId('reload'));
    expect(screen.queryByTestId('error-banner')).toBeNull();
    (await call(1)).answer(200, TODOS);
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
    again.answer(200, [todo(3, 'Buy milk', true)]);
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
  render(<TodoApp />);
  const early = await call(0);
  await user.type(input(), 'Sleep{Enter}');
  (await call(1)).answer(201, todo(4, 'Sleep'));
  await screen.findByText('Added “Sleep”');
  early.answer(200, TODOS);
  (await call(2)).answer(200, [todo(4, 'Sleep'), ...TODOS]);
  await waitFor(() => expect(titles()).toEqual(['Sleep', 'Buy milk', 'Read', 'Walk']));
});
