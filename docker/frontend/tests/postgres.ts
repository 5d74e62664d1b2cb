// A real PostgreSQL server in a temporary folder, with the tables that the backend's migrations make.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

const BACKEND = join(import.meta.dirname, '../../backend');
/** The environment of the backend's own tests: it has what the migrations need. */
const PYTHON = process.env.BACKEND_PYTHON ?? join(import.meta.dirname, '../../../build/backend/bin/python');

export interface Postgres {
  readonly url: string;
  stop(): void;
}

export async function startPostgres(): Promise<Postgres> {
  const binaries = newest('/usr/lib/postgresql');
  if (binaries === undefined) throw new Error('no PostgreSQL server in /usr/lib/postgresql/*/bin: apt-get install --no-install-recommends postgresql');
  if (!existsSync(PYTHON)) throw new Error(`no ${PYTHON}: run the backend's tests first, or name its Python in BACKEND_PYTHON`);
  const folder = mkdtempSync(join(tmpdir(), 'todo-postgres-'));
  chmodSync(folder, 0o755);
  const as = unprivileged(folder);
  const data = join(folder, 'data');
  execFileSync(join(binaries, 'initdb'), ['-D', data, '-U', 'todo', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const options = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
  const server = spawn(join(binaries, 'postgres'), ['-D', data, '-p', String(port), ...options], { ...as, cwd: folder, stdio: 'ignore' });
  const stop = () => {
    server.kill('SIGINT');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = `postgresql://todo@127.0.0.1:${port}/postgres`;
    await answering(url, server);
    execFileSync(PYTHON, ['-m', 'alembic', 'upgrade', 'head'], {
      cwd: BACKEND,
      env: { ...process.env, DATABASE_URL: url, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: 'pipe',
    });
    return { url, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  execFileSync('chown', ['nobody', folder]);
  return { uid: id('-u'), gid: id('-g') };
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; server.exitCode === null && tries < 200; tries++) {
    const client = new Client(url);
    try {
      await client.connect();
      return await client.end();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('PostgreSQL did not start');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function newest(root: string): string | undefined {
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter((version) => version > 0) : [];
  return versions.length > 0 ? join(root, String(Math.max(...versions)), 'bin') : undefined;
}
