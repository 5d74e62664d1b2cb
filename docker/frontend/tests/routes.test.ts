// The route handlers against a real HTTP server in the backend's place.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

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
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** The routes with fresh settings: they are read once per process. */
async function routes(env: Record<string, string> = {}) {
  const { port } = backend.address() as AddressInfo;
  vi.resetModules();
  vi.stubEnv('BACKEND_URL', env.BACKEND_URL ?? `http://127.0.0.1:${port}`);
  vi.stubEnv('BACKEND_TIMEOUT_MS', env.BACKEND_TIMEOUT_MS ?? '2000');
  return {
    list: await import('@/app/api/todos/route'),
    item: await import('@/app/api/todos/[id]/route'),
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
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
  });
}

const withId = (id: string) => ({ params: Promise.resolve({ id }) });

beforeEach(async () => {
  seen = [];
  logged = [];
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
    const { list } = await routes();
    const response = await list.GET(ask('GET'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([TODO]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.has('server')).toBe(false);
    expect(seen).toMatchObject([{ method: 'GET', url: '/api/todos', body: '' }]);
  });

  it('adds', async () => {
    answer = json(201, TODO);
    const { list } = await routes();
    const response = await list.POST(ask('POST', '', '{"title":"Büy"}'));
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual(TODO);
    expect(seen).toMatchObject([{ method: 'POST', url: '/api/todos', body: '{"title":"Büy"}', headers: { 'content-type': 'application/json' } }]);
  });

  it('changes, below a path prefix', async () => {
    answer = json(200, { ...TODO, done: true });
    const { port } = backend.address() as AddressInfo;
    const { item } = await routes({ BACKEND_URL: `http://127.0.0.1:${port}/base/` });
    const response = await item.PATCH(ask('PATCH', '/1', '{"done":true}'), withId('1'));
    expect(await response.json()).toMatchObject({ done: true });
    expect(seen).toMatchObject([{ method: 'PATCH', url: '/base/api/todos/1', body: '{"done":true}' }]);
  });

  it('deletes', async () => {
    answer = (_, response) => response.writeHead(204).end();
    const { item } = await routes();
    const response = await item.DELETE(ask('DELETE', '/1'), withId('1'));
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });

  it.each([404, 409, 422, 500, 503])('hands on the status %i and its detail', async (status) => {
    answer = json(status, { detail: 'why' });
    const { list } = await routes();
    const response = await list.POST(ask('POST', '', '{}'));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ detail: 'why' });
  });

  it('passes the request id on and back, and logs it', async () => {
    const { list } = await routes();
    const response = await list.GET(ask('GET', '', undefined, { 'x-request-id': 'abc-1' }));
    expect(seen[0]?.headers['x-request-id']).toBe('abc-1');
    expect(response.headers.get('x-request-id')).toBe('abc-1');
    expect(logged).toMatchObject([
      { level: 'info', message: 'request', request_id: 'abc-1', method: 'GET', path: '/api/todos', status: 200, duration_ms: expect.any(Number) },
    ]);
  });

  it.each([undefined, 'has spaces', 'x'.repeat(65)])('makes up a request id instead of %s', async (given) => {
    const { list } = await routes();
    const response = await list.GET(ask('GET', '', undefined, given === undefined ? {} : { 'x-request-id': given }));
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[0]?.headers['x-request-id']).toBe(response.headers.get('x-request-id'));
  });

  it('sends no cookies and no credentials to the backend', async () => {
    const { list } = await routes();
    await list.GET(ask('GET', '', undefined, { cookie: 'a=b', authorization: 'Bearer x' }));
    expect(seen[0]?.headers).not.toHaveProperty('cookie');
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('refusing', () => {
  it.each(['..', 'a/b', '', 'a?b', 'x'.repeat(65)])('the id %o', async (id) => {
    const { item } = await routes();
    expect((await item.DELETE(ask('DELETE', '/x'), withId(id))).status).toBe(404);
    expect(seen).toEqual([]);
  });

  it('a form of another site', async () => {
    const { list } = await routes();
    expect((await list.POST(ask('POST', '', 'title=x', { 'content-type': 'text/plain' }))).status).toBe(415);
    expect(seen).toEqual([]);
  });

  it('a body that says it is too large', async () => {
    const { list } = await routes();
    expect((await list.POST(ask('POST', '', '{}', { 'content-length': '16385' }))).status).toBe(413);
    expect(seen).toEqual([]);
  });

  it('a body that turns out too large, without reading it all', async () => {
    const { list } = await routes();
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
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect((await list.POST(request)).status).toBe(413);
    expect(sent).toBeLessThan(100_000);
    expect(seen).toEqual([]);
  });
});

describe('a backend in trouble', () => {
  it('is not there: 502, with the cause in the log only', async () => {
    const { list } = await routes({ BACKEND_URL: 'http://127.0.0.1:1' });
    const response = await list.POST(ask('POST', '', '{}'));
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ detail: 'The todo service can’t be reached right now.' });
    expect(logged).toMatchObject([
      { level: 'error', message: 'backend call failed', error: expect.any(String) },
      { level: 'error', message: 'request', status: 502 },
    ]);
  });

  it('is silent: 504 within the timeout', async () => {
    answer = () => undefined;
    const { list } = await routes({ BACKEND_TIMEOUT_MS: '100' });
    const started = performance.now();
    expect((await list.GET(ask('GET'))).status).toBe(504);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(seen).toHaveLength(1);
  });

  it('stops in the middle of its answer: 504', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    const { list } = await routes({ BACKEND_TIMEOUT_MS: '100' });
    expect((await list.GET(ask('GET'))).status).toBe(504);
  });

  it.each([
    ['a page', 200, 'text/html'],
    ['a redirect', 307, 'application/json'],
  ])('answers with %s: 502', async (_, status, type) => {
    answer = (_request, response) => response.writeHead(status, { 'content-type': type, location: 'http://elsewhere/' }).end('{}');
    const { list } = await routes();
    expect((await list.POST(ask('POST', '', '{}'))).status).toBe(502);
  });

  it('hangs up: reads again, once', async () => {
    answer = (request, response) => {
      if (seen.length === 1) request.socket.destroy();
      else json(200, [TODO])(request, response);
    };
    const { list } = await routes();
    expect((await list.GET(ask('GET'))).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  it('hangs up: never writes again by itself', async () => {
    answer = (request) => request.socket.destroy();
    const { list } = await routes();
    expect((await list.POST(ask('POST', '', '{}'))).status).toBe(502);
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
