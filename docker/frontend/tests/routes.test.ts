// The route handlers against a real HTTP server in the backend's place, and a stand-in for sessions (the real ones: auth.test.ts).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { stubSettings } from './environment';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

const TODO = { id: 1, title: 'Buy milk', done: false, created_at: 'then', updated_at: 'then' };

let backend: Server;
let seen: Seen[];
let logged: Record<string, unknown>[];
let forgotten: (string | null)[];
let databaseSeen: { reachable: boolean; error?: string };
let sessions: (headers: Headers) => Promise<{ token: string; cookies: string[] } | null>;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const SESSION = 'better-auth.session_token=abc';

vi.mock('@/server/session', () => ({
  SessionsAway: class SessionsAway extends Error {},
  ticket: (headers: Headers) => sessions(headers),
  forget: (headers: Headers) => forgotten.push(headers.get('cookie')),
}));

vi.mock('@/server/database', () => ({ checkDatabase: async () => databaseSeen }));

/** The routes with fresh settings: they are read once per process. */
async function routes(env: Record<string, string> = {}) {
  const { port } = backend.address() as AddressInfo;
  vi.resetModules();
  stubSettings();
  vi.stubEnv('BACKEND_URL', env.BACKEND_URL ?? `http://127.0.0.1:${port}`);
  vi.stubEnv('BACKEND_TIMEOUT_MS', env.BACKEND_TIMEOUT_MS ?? '2000');
  return {
    api: await import('@/app/api/[...path]/route'),
    live: await import('@/app/api/health/live/route'),
    ready: await import('@/app/api/health/ready/route'),
    health: await import('@/app/api/health/route'),
  };
}

function json(status: number, content: unknown) {
  return (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', server: 'secret/1.0' }).end(JSON.stringify(content));
  };
}

function ask(method: string, path = '', body?: string, headers: Record<string, string> = {}): Request {
  return new Request(`http://frontend/api/todos${path}`, {
    method,
    headers: { cookie: SESSION, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
  });
}

const at = (...path: string[]) => ({ params: Promise.resolve({ path }) });
const LIST = at('todos');
const withId = (id: string) => at('todos', id);

beforeEach(async () => {
  seen = [];
  logged = [];
  forgotten = [];
  databaseSeen = { reachable: true };
  sessions = async (headers) => (headers.get('cookie')?.includes(SESSION) ? { token: 'jwt', cookies: [] } : null);
  answer = json(200, [TODO]);
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    logged.push(JSON.parse(String(line)));
    return true;
  });
  backend = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  vi.unstubAllEnvs();
  backend.closeAllConnections();
  backend.close();
});

describe('forwarding', () => {
  it('lists', async () => {
    const { api } = await routes();
    const response = await api.GET(ask('GET'), LIST);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([TODO]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.has('server')).toBe(false);
    expect(seen).toMatchObject([{ method: 'GET', url: '/api/todos', body: '' }]);
  });

  it('adds', async () => {
    answer = json(201, TODO);
    const { api } = await routes();
    const response = await api.POST(ask('POST', '', '{"title":"Büy"}'), LIST);
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual(TODO);
    expect(seen).toMatchObject([{ method: 'POST', url: '/api/todos', body: '{"title":"Büy"}', headers: { 'content-type': 'application/json' } }]);
  });

  it('changes, below a path prefix', async () => {
    answer = json(200, { ...TODO, done: true });
    const { port } = backend.address() as AddressInfo;
    const { api } = await routes({ BACKEND_URL: `http://127.0.0.1:${port}/base/` });
    const response = await api.PATCH(ask('PATCH', '/1', '{"done":true}'), withId('1'));
    expect(await response.json()).toMatchObject({ done: true });
    expect(seen).toMatchObject([{ method: 'PATCH', url: '/base/api/todos/1', body: '{"done":true}' }]);
  });

  it('deletes', async () => {
    answer = (_, response) => response.writeHead(204).end();
    const { api } = await routes();
    // Next gives a request without a body an empty one.
    const empty = new Request(ask('DELETE', '/1'), { body: new ReadableStream({ start: (body) => body.close() }), duplex: 'half' } as RequestInit);
    const response = await api.DELETE(empty, withId('1'));
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(seen[0]?.headers).not.toHaveProperty('content-type');
  });

  it('deletes what the body names', async () => {
    answer = (_, response) => response.writeHead(204).end();
    const { api } = await routes();
    expect((await api.DELETE(ask('DELETE', '', '{"endpoint":"x"}'), at('push', 'subscriptions'))).status).toBe(204);
    expect(seen).toMatchObject([{ method: 'DELETE', url: '/api/push/subscriptions', body: '{"endpoint":"x"}' }]);
  });

  it.each([404, 409, 422, 500, 503])('hands on the status %i and its detail', async (status) => {
    answer = json(status, { detail: 'why' });
    const { api } = await routes();
    const response = await api.POST(ask('POST', '', '{}'), LIST);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ detail: 'why' });
  });

  it('passes the request id on and back, and logs it', async () => {
    const { api } = await routes();
    const response = await api.GET(ask('GET', '', undefined, { 'x-request-id': 'abc-1' }), LIST);
    expect(seen[0]?.headers['x-request-id']).toBe('abc-1');
    expect(response.headers.get('x-request-id')).toBe('abc-1');
    expect(logged).toMatchObject([
      { level: 'info', message: 'request', request_id: 'abc-1', method: 'GET', path: '/api/todos', status: 200, duration_ms: expect.any(Number) },
    ]);
  });

  it.each([undefined, 'has spaces', 'x'.repeat(65)])('makes up a request id instead of %s', async (given) => {
    const { api } = await routes();
    const response = await api.GET(ask('GET', '', undefined, given === undefined ? {} : { 'x-request-id': given }), LIST);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[0]?.headers['x-request-id']).toBe(response.headers.get('x-request-id'));
  });

  it('passes the caller’s trace on, and logs it', async () => {
    const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'vendor=1' };
    const { api } = await routes();
    await api.GET(ask('GET', '', undefined, trace), LIST);
    expect(seen[0]?.headers).toMatchObject(trace);
    expect(logged).toMatchObject([{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' }]);
  });

  it.each(['nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`])('passes no trace on that is none: %s', async (traceparent) => {
    const { api } = await routes();
    await api.GET(ask('GET', '', undefined, { traceparent, tracestate: 'vendor=1' }), LIST);
    expect(seen[0]?.headers).not.toHaveProperty('traceparent');
    expect(seen[0]?.headers).not.toHaveProperty('tracestate');
    expect(logged[0]).not.toHaveProperty('trace_id');
  });

  it('sends no cookies, and no credentials but its own', async () => {
    const { api } = await routes();
    await api.GET(ask('GET', '', undefined, { cookie: `${SESSION}; a=b`, authorization: 'Bearer x' }), LIST);
    expect(seen[0]?.headers).not.toHaveProperty('cookie');
    expect(seen[0]?.headers.authorization).toBe('Bearer jwt');
  });
});

describe('letting in', () => {
  it('gives the backend the token, and the browser its renewed cookie', async () => {
    sessions = async () => ({ token: 'jwt', cookies: ['a=b; HttpOnly'] });
    const { api } = await routes();
    const response = await api.GET(ask('GET'), LIST);
    expect(seen[0]?.headers.authorization).toBe('Bearer jwt');
    expect(response.headers.getSetCookie()).toEqual(['a=b; HttpOnly']);
    expect(JSON.stringify([...response.headers])).not.toContain('jwt');
  });

  it('refuses who is not signed in', async () => {
    const { api } = await routes();
    const response = await api.GET(ask('GET', '', undefined, { cookie: 'other=1' }), LIST);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'signed_out' });
    expect(seen).toEqual([]);
  });

  it('says so when sessions are away, and that is not being signed out', async () => {
    const { SessionsAway } = await import('@/server/session');
    const { api } = await routes();
    sessions = async () => {
      throw new (await import('@/server/session')).SessionsAway();
    };
    expect(SessionsAway).toBeDefined();
    expect((await api.GET(ask('GET'), LIST)).status).toBe(503);
  });

  it('makes a new token next time when the backend refuses one', async () => {
    answer = json(401, { detail: 'no', code: 'unauthenticated' });
    const { api } = await routes();
    const response = await api.GET(ask('GET'), LIST);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'token_refused' });
    expect(forgotten).toEqual([SESSION]);
  });

  it.each(['cross-site', 'same-site'])('takes no change that a %s page asks for', async (site) => {
    const { api } = await routes();
    const response = await api.POST(ask('POST', '', '{}', { 'sec-fetch-site': site }), LIST);
    expect(response.status).toBe(403);
    expect(seen).toEqual([]);
  });
});

describe('streams', () => {
  const asked = () => ask('POST', '', '{"message":"hi"}', { accept: 'text/event-stream' });

  it('come through event by event', async () => {
    let finish: () => void = () => undefined;
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write('event: delta\ndata: {"text":"a"}\n\n');
      finish = () => response.end('event: done\ndata: {}\n\n');
    };
    const { api } = await routes({ BACKEND_TIMEOUT_MS: '200' });
    const response = await api.POST(asked(), at('chat'));
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('delta');
    // The deadline is for the answer's beginning.
    await new Promise((resolve) => setTimeout(resolve, 400));
    finish();
    expect((await reader.read()).value).toContain('done');
    expect(seen[0]?.headers.accept).toBe('text/event-stream');
  });

  it('end at the backend when the browser goes', async () => {
    let closed = false;
    answer = (_, response) => {
      response.on('close', () => (closed = true));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
    };
    const gone = new AbortController();
    const { api } = await routes();
    await api.POST(new Request(asked(), { signal: gone.signal }), at('chat'));
    gone.abort();
    await vi.waitFor(() => expect(closed).toBe(true));
  });
});

describe('refusing', () => {
  it.each([
    ['GET', 'metrics', 404],
    ['GET', 'todos/1/x', 404],
    ['DELETE', 'todos', 405],
    ['POST', 'push/key', 405],
  ])('%s /api/%s', async (method, path, status) => {
    const { api } = await routes();
    expect((await api.POST(ask(method), at(...path.split('/')))).status).toBe(status);
    expect(seen).toEqual([]);
  });

  it('a query without end', async () => {
    const { api } = await routes();
    expect((await api.GET(ask('GET', `?q=${'x'.repeat(3000)}`), LIST)).status).toBe(414);
  });

  it.each(['..', 'a/b', '', 'a?b', 'x'.repeat(65)])('the id %o', async (id) => {
    const { api } = await routes();
    expect((await api.DELETE(ask('DELETE', '/x'), withId(id))).status).toBe(404);
    expect(seen).toEqual([]);
  });

  it('a form of another site', async () => {
    const { api } = await routes();
    expect((await api.POST(ask('POST', '', 'title=x', { 'content-type': 'text/plain' }), LIST)).status).toBe(415);
    expect(seen).toEqual([]);
  });

  it('a body that says it is too large', async () => {
    const { api } = await routes();
    expect((await api.POST(ask('POST', '', '{}', { 'content-length': '65537' }), LIST)).status).toBe(413);
    expect(seen).toEqual([]);
  });

  it('a body that turns out too large, without reading it all', async () => {
    const { api } = await routes();
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 8192;
        controller.enqueue(new Uint8Array(8192));
        if (sent > 1_000_000) controller.close();
      },
    });
    const request = new Request('http://frontend/api/todos', {
      method: 'POST',
      headers: { cookie: SESSION, 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect((await api.POST(request, LIST)).status).toBe(413);
    expect(sent).toBeLessThan(200_000);
    expect(seen).toEqual([]);
  });
});

describe('a backend in trouble', () => {
  it('is not there: 502, with the cause in the log only', async () => {
    const { api } = await routes({ BACKEND_URL: 'http://127.0.0.1:1' });
    const response = await api.POST(ask('POST', '', '{}'), LIST);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ detail: 'The todo service can’t be reached right now.' });
    expect(logged).toMatchObject([
      { level: 'error', message: 'backend call failed', error: expect.any(String) },
      { level: 'error', message: 'request', status: 502 },
    ]);
  });

  it.each(['GET', 'POST'])('refuses connections for a moment: %s is asked again until it is taken', async (method) => {
    const { api } = await routes();
    const { port } = backend.address() as AddressInfo;
    await new Promise((closed) => backend.close(closed));
    setTimeout(() => backend.listen(port, '127.0.0.1'), 250);
    const call = method === 'GET' ? api.GET : api.POST;
    expect((await call(ask(method, '', method === 'GET' ? undefined : '{"title":"x"}'), LIST)).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  it('refuses connections: 502 before long', async () => {
    const { api } = await routes({ BACKEND_TIMEOUT_MS: '5000' });
    await new Promise((closed) => backend.close(closed));
    const started = performance.now();
    expect((await api.POST(ask('POST', '', '{}'), LIST)).status).toBe(502);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('refuses connections for longer than there is time: 504', async () => {
    const { api } = await routes({ BACKEND_TIMEOUT_MS: '200' });
    await new Promise((closed) => backend.close(closed));
    expect((await api.POST(ask('POST', '', '{}'), LIST)).status).toBe(504);
  });

  it('is silent: 504 within the timeout', async () => {
    answer = () => undefined;
    const { api } = await routes({ BACKEND_TIMEOUT_MS: '100' });
    const started = performance.now();
    expect((await api.GET(ask('GET'), LIST)).status).toBe(504);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(seen).toHaveLength(1);
  });

  it('stops in the middle of its answer: 504', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    const { api } = await routes({ BACKEND_TIMEOUT_MS: '100' });
    expect((await api.GET(ask('GET'), LIST)).status).toBe(504);
  });

  it.each([
    ['a page', 200, 'text/html'],
    ['a redirect', 307, 'application/json'],
  ])('answers with %s: 502', async (_, status, type) => {
    answer = (_request, response) => response.writeHead(status, { 'content-type': type, location: 'http://elsewhere/' }).end('{}');
    const { api } = await routes();
    expect((await api.POST(ask('POST', '', '{}'), LIST)).status).toBe(502);
  });

  it('hangs up: reads again, once', async () => {
    answer = (request, response) => {
      if (seen.length === 1) request.socket.destroy();
      else json(200, [TODO])(request, response);
    };
    const { api } = await routes();
    expect((await api.GET(ask('GET'), LIST)).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  it('hangs up: never writes again by itself', async () => {
    answer = (request) => request.socket.destroy();
    const { api } = await routes();
    expect((await api.POST(ask('POST', '', '{}'), LIST)).status).toBe(502);
    expect(seen).toHaveLength(1);
  });
});

describe('health', () => {
  it('lives and is ready without the backend', async () => {
    const { live, ready } = await routes({ BACKEND_URL: 'http://127.0.0.1:1' });
    for (const response of [live.GET(), ready.GET()]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
    expect(seen).toEqual([]);
  });

  it('is not ready with bad settings', async () => {
    const { ready } = await routes({ BACKEND_URL: 'nonsense' });
    const response = ready.GET();
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('BACKEND_URL') });
  });

  it('tells about the backend', async () => {
    answer = json(200, {});
    const { health } = await routes();
    expect(await (await health.GET()).json()).toMatchObject({ status: 'ok', backend: { reachable: true, status: 200 } });
    expect(seen).toMatchObject([{ url: '/readyz' }]);
  });

  it('is degraded, and still 200, when the database is away', async () => {
    answer = json(200, {});
    databaseSeen = { reachable: false, error: 'ECONNREFUSED' };
    const { health } = await routes();
    const response = await health.GET();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'degraded', backend: { status: 200 }, database: databaseSeen });
  });

  it.each([
    ['unready', 503, { reachable: true, status: 503 }],
    ['away', 0, { reachable: false, error: expect.any(String) }],
  ])('is degraded, and still 200, when the backend is %s', async (_, status, backendSeen) => {
    answer = json(status || 200, {});
    const { health } = await routes(status ? {} : { BACKEND_URL: 'http://127.0.0.1:1' });
    const response = await health.GET();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'degraded', backend: backendSeen });
  });
});
