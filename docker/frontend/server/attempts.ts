import { createHash, randomUUID } from 'node:crypto';

import type { Pool } from 'pg';

/** Attempts to sign in to one account that are let through in one window, whoever makes them. */
export const ATTEMPTS = 10;
export const WINDOW_S = 300;

/**
 * Counts an attempt to sign in to an account, across all servers.
 *
 * Better Auth's limit goes by the address that asks, of which an attacker has many, and everybody behind one gateway the same.
 *
 * @returns seconds to wait; 0 when it may go on
 */
export async function countAttempt(pool: Pool, email: string, now = Date.now()): Promise<number> {
  // What is no account's address may be a password typed into the wrong field: it is not kept in the clear.
  const key = `sign-in:${createHash('sha256').update(email.trim().toLowerCase()).digest('base64url')}`;
  const start = now - WINDOW_S * 1_000;
  const { rows } = await pool.query<{ count: number; lastRequest: string }>(
    `INSERT INTO "rateLimit" AS known (id, key, count, "lastRequest") VALUES ($1, $2, 1, $3)
     ON CONFLICT (key) DO UPDATE SET
       count = CASE WHEN known."lastRequest" <= $4 THEN 1 ELSE known.count + 1 END,
       "lastRequest" = CASE WHEN known."lastRequest" <= $4 THEN $3 ELSE known."lastRequest" END
     RETURNING count, "lastRequest"`,
    [randomUUID(), key, now, start],
  );
  const counted = rows[0];
  if (!counted || counted.count <= ATTEMPTS) return 0;
  return Math.max(1, Math.ceil((Number(counted.lastRequest) - start) / 1_000));
}
