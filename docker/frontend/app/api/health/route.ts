import { checkBackend } from '@/server/backend';

export const dynamic = 'force-dynamic';

const BACKEND_TIMEOUT_MS = 2_000;

/** For people and dashboards, not for probes: always 200, the content tells. */
export async function GET(): Promise<Response> {
  const backend = await checkBackend(BACKEND_TIMEOUT_MS);
  return Response.json(
    {
      status: backend.status === 200 ? 'ok' : 'degraded',
      uptime_s: Math.round(process.uptime()),
      node: process.version,
      backend,
    },
    { headers: { 'cache-control': 'no-store' } },
  );
}
