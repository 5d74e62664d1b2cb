import { checkBackend } from '@/server/backend';
import { checkDatabase } from '@/server/database';

export const dynamic = 'force-dynamic';

const TIMEOUT_MS = 2_000;

/** For people and dashboards, not for probes: always 200, the content tells. */
export async function GET(): Promise<Response> {
  const [backend, database] = await Promise.all([checkBackend(TIMEOUT_MS), checkDatabase(TIMEOUT_MS)]);
  return Response.json(
    {
      status: backend.status === 200 && database.reachable ? 'ok' : 'degraded',
      uptime_s: Math.round(process.uptime()),
      node: process.version,
      backend,
      database,
    },
    { headers: { 'cache-control': 'no-store' } },
  );
}
