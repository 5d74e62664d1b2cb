// What health tells of the database: a real PostgreSQL, one that is gone, and one that swallows all it gets.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { stubSettings } from './environment';
import { type Postgres, startPostgres } from './postgres';

vi.setConfig({ testTimeout: 30_000 });

let postgres: Postgres;
let swallowing: Server;
const sockets: Socket[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  swallowing = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => swallowing.listen(0, '127.0.0.1', resolve));
}, 60_000);

afterAll(() => {
  sockets.forEach((socket) => socket.destroy());
  swallowing?.close();
  postgres?.stop();
});

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

async function server(url: string) {
  vi.resetModules();
  stubSettings({ DATABASE_URL: url });
  return import('@/server/database');
}

describe('the check of the database', () => {
  it('says that it answers', async () => {
    const { checkDatabase, database } = await server(postgres.url);
    expect(await checkDatabase(5_000)).toEqual({ reachable: true, duration_ms: expect.any(Number) });
    await database().end();
  });

  it('says why it does not, without a name in it', async () => {
    const { checkDatabase } = await server('postgresql://somebody:secret@127.0.0.1:1/lists');
    expect(await checkDatabase(5_000)).toEqual({ reachable: false, error: 'ECONNREFUSED', duration_ms: expect.any(Number) });
  });

  it('waits no longer than it may, and asks once for all who want to know', async () => {
    const { port } = swallowing.address() as AddressInfo;
    const { checkDatabase } = await server(`postgresql://somebody:secret@127.0.0.1:${port}/lists`);
    const started = performance.now();
    const all = await Promise.all(Array.from({ length: 20 }, () => checkDatabase(300)));
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(new Set(all.map(({ error }) => error))).toEqual(new Set(['no answer in time']));
    expect(sockets).toHaveLength(1);
  });
});
