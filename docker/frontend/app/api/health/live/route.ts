export const dynamic = 'force-dynamic';

/** Alive: the event loop turns and answers. No I/O, so nothing but this process can fail it. */
export function GET(): Response {
  return Response.json({ status: 'alive' }, { headers: { 'cache-control': 'no-store' } });
}
