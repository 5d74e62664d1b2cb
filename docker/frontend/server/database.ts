import { Pool } from 'pg';

import { log } from './log';
import { settings } from './settings';

/** Connections a server holds at most: sessions are asked for once in minutes a user, so few are plenty. */
const CONNECTIONS = 5;

/** Bounded everywhere: a database that swallows packets must not hold requests for long. */
export function connect(databaseUrl: string): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'todo-frontend',
    max: CONNECTIONS,
    connectionTimeoutMillis: 3_000,
    query_timeout: 4_000,
    statement_timeout: 4_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced; unheard, this event would end the process.
  pool.on('error', (error) => log('warn', 'database connection lost', { error: error.message }));
  return pool;
}

let current: Pool | undefined;

/** The process's connections. */
export function database(): Pool {
  return (current ??= connect(settings().databaseUrl));
}

export interface DatabaseState {
  readonly reachable: boolean;
  /** A code, such as ECONNREFUSED or PostgreSQL's own: messages may hold names. */
  readonly error?: string;
  readonly duration_ms: number;
}

let asking: Promise<string | null> | undefined;

/** Whether the database answers, within `timeoutMs`. However many ask, one question is under way. Never throws. */
export async function checkDatabase(timeoutMs: number): Promise<DatabaseState> {
  const started = performance.now();
  asking ??= ask().finally(() => (asking = undefined));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => (timer = setTimeout(resolve, timeoutMs, 'no answer in time')));
  const error = await Promise.race([asking, late]);
  clearTimeout(timer);
  return { reachable: error === null, ...(error !== null && { error }), duration_ms: Math.round(performance.now() - started) };
}

/** null: it answers. */
async function ask(): Promise<string | null> {
  try {
    await database().query('SELECT 1');
    return null;
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    return String(code ?? name ?? 'failed');
  }
}
