// The pure parts of the page.
import { describe, expect, it } from 'vitest';

import { search } from '@/lib/api';
import { understand } from '@/lib/chat';
import { type Chat, type ChatAction, emptyChat, reduceChat } from '@/lib/chat-state';
import { fromInput, inWords, toInput } from '@/lib/dates';
import { decodeKey } from '@/lib/push';
import { readEvents, type ServerEvent } from '@/lib/sse';
import { parseTags } from '@/lib/tags';

async function events(...chunks: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
  const read: ServerEvent[] = [];
  for await (const event of readEvents(stream)) read.push(event);
  return read;
}

describe('a stream of events', () => {
  it('is read however it was cut', async () => {
    const text = 'event: delta\ndata: {"text":"a"}\n\nevent: done\ndata: {}\n\n';
    const whole = [
      { name: 'delta', data: '{"text":"a"}' },
      { name: 'done', data: '{}' },
    ];
    for (let cut = 0; cut <= text.length; cut++) expect(await events(text.slice(0, cut), text.slice(cut))).toEqual(whole);
    const lines = text.replaceAll('\n', '\r\n');
    for (let cut = 0; cut <= lines.length; cut++) expect(await events(lines.slice(0, cut), lines.slice(cut))).toEqual(whole);
  });

  it('may be cut within a character', async () => {
    const bytes = new TextEncoder().encode('data: é€😀\n\n');
    for (let cut = 0; cut <= bytes.length; cut++) expect(await events(bytes.slice(0, cut), bytes.slice(cut))).toEqual([{ name: 'message', data: 'é€😀' }]);
  });

  it('may hold comments, several lines of data, and an end that never came', async () => {
    expect(await events(': keep alive\n\ndata: a\ndata:b\nid: 7\n\ndata: lost')).toEqual([{ name: 'message', data: 'a\nb' }]);
  });
});

describe('an event of the assistant', () => {
  it.each([
    ['delta', '{"text":"hi"}', { type: 'delta', text: 'hi' }],
    ['tool', '{"name":"add","ok":true,"summary":"Added"}', { type: 'tool', tool: { name: 'add', ok: true, summary: 'Added' } }],
    ['todos', '{}', { type: 'todos' }],
    ['done', '{"usage":{}}', { type: 'done' }],
    ['error', '{"code":"model_busy","message":"busy"}', { type: 'error', message: 'busy' }],
    ['delta', '{"text":', null],
    ['something-new', '{}', null],
  ])('%s %s', (name, data, understood) => expect(understand(name, data)).toEqual(understood));
});

describe('the conversation', () => {
  const after = (...actions: ChatAction[]): Chat => actions.reduce(reduceChat, emptyChat);
  const asked: ChatAction = { type: 'asked', text: 'hi' };
  const delta = (text: string): ChatAction => ({ type: 'event', event: { type: 'delta', text } });
  const last = (chat: Chat) => chat.messages.at(-1);

  it('grows word by word, until it is done', () => {
    const chat = after(asked, delta('Hel'), delta('lo'));
    expect(last(chat)).toMatchObject({ role: 'assistant', text: 'Hello', state: 'coming' });
    expect(chat.busy).toBe(true);
    const done = reduceChat(chat, { type: 'event', event: { type: 'done' } });
    expect(done).toMatchObject({ busy: false, error: null });
    expect(last(done)?.state).toBe('done');
  });

  it('keeps what came before a stop or an error', () => {
    expect(last(after(asked, delta('Hel'), { type: 'stopped' }))).toMatchObject({ text: 'Hel', state: 'stopped' });
    const failed = after(asked, delta('Hel'), { type: 'event', event: { type: 'error', message: 'The model is away.' } });
    expect(last(failed)).toMatchObject({ text: 'Hel', state: 'failed' });
    expect(failed.error).toBe('The model is away.');
  });

  it('takes nothing in that comes after a stop', () => {
    expect(last(after(asked, { type: 'stopped' }, delta('late')))).toMatchObject({ text: '', state: 'stopped' });
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 21, 12, 0);
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();

  it('come back from the input as they went in', () => {
    expect(toInput(at(2026, 10, 21, 17, 5))).toBe('2026-11-21T17:05');
    expect(fromInput('2026-11-21T17:05')).toBe(at(2026, 10, 21, 17, 5));
    expect([toInput(null), fromInput('')]).toEqual(['', null]);
  });

  it.each([
    [at(2026, 10, 21, 0, 0), 'Today 00:00'],
    [at(2026, 10, 22, 23, 59), 'Tomorrow 23:59'],
    [at(2026, 10, 20, 23, 59), 'Yesterday 23:59'],
    [at(2026, 11, 4, 12, 0), 'Fri 4 Dec 12:00'],
    [at(2027, 0, 1, 8, 0), 'Fri, 1 Jan 2027 08:00'],
  ])('%s in words', (iso, words) => expect(inWords(iso, now, 'en-GB')).toBe(words));
});

it.each([
  ['home, garden', ['home', 'garden']],
  ['#Home  #home,,', ['home']],
  ['', []],
])('reads the tags %o', (text, tags) => expect(parseTags(text)).toEqual(tags));

it('asks for a list in the words of the API', () => {
  expect(search({ q: ' milk & more ', status: 'open', priority: 'high', tag: '', sort: 'due' }, 'next')).toBe(
    'status=open&sort=due&order=asc&limit=50&q=milk+%26+more&priority=high&cursor=next',
  );
});

it('reads a VAPID key', () => expect([...decodeKey('-_8A')]).toEqual([0xfb, 0xff, 0]));
