import { Pool } from 'pg';

import { log } from './log';

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
