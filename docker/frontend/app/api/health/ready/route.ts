import { settings } from '@/server/settings';

export const dynamic = 'force-dynamic';

/**
 * Ready: this server can serve the page, its settings are valid.
 * On purpose it does not ask the backend: without one the page still loads, says so and offers to try again, whereas taking
 * every frontend out of service would turn a partial failure into a blank one. /api/health tells about the backend.
 */
export function GET(): Response {
  const headers = { 'cache-control': 'no-store' };
  try {
    settings();
    return Response.json({ status: 'ready' }, { headers });
  } catch (error) {
    return Response.json({ status: 'not ready', detail: (error as Error).message }, { status: 503, headers });
  }
}
