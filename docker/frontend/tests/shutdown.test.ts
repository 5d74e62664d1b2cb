import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, it, vi } from 'vitest';

import { shutDownGracefully } from '@/server/shutdown';

const DRAIN_MS = 300;

it('answers while draining, lets what is in flight finish, closes kept-alive connections, and ends', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  let slow: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (request.url === '/slow') slow = response;
    else response.end('ok');
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const ask = (path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request = get({ port, host: '127.0.0.1', agent, path }, (response) => response.resume().on('end', () => resolve(response)));
      request.on('error', reject);
    });
  shutDownGracefully(DRAIN_MS);
  try {
    expect((await ask('/')).headers.connection).toBe('keep-alive');
    const inFlight = ask('/slow');
    await vi.waitFor(() => expect(slow).toBeDefined());

    process.emit('SIGTERM');
    const whileDraining = await ask('/');
    expect(whileDraining.statusCode).toBe(200);
    expect(whileDraining.headers.connection).toBe('close');

    await vi.waitFor(() => expect(server.listening).toBe(false), { timeout: 3000 });
    expect(exit).not.toHaveBeenCalled();

    slow?.end('ok');
    expect((await inFlight).headers.connection).toBe('keep-alive');
    await vi.waitFor(() => expect(exit).toHaveBeenCalledExactlyOnceWith(0), { timeout: 3000 });
  } finally {
    agent.destroy();
    server.closeAllConnections();
  }
});
