import { subscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';

import { log } from './log';

const DRAIN_MS = 3_000;
const IDLE_CHECK_MS = 100;

/**
 * On SIGTERM: goes on answering for `drainMs`, and asks each client to open its next connection elsewhere; then takes no new
 * connections, lets what is in flight finish, and ends the process.
 *
 * Next's own handler (off in the image: NEXT_MANUAL_SIG_HANDLE) closes the listening socket at once and then waits for clients to
 * give up their kept-alive connections, which busy ones never do: the platform would kill it with requests in flight.
 */
export function shutDownGracefully(drainMs = DRAIN_MS): void {
  // Next keeps its HTTP server to itself; Node tells about every request, and whose it is.
  let server: Server | undefined;
  let draining = false;
  subscribe('http.server.request.start', (message) => {
    const request = message as { server: Server; response: ServerResponse };
    server = request.server;
    if (draining) request.response.shouldKeepAlive = false;
  });

  process.once('SIGTERM', () => {
    draining = true;
    log('info', 'shutting down');
    setTimeout(() => {
      if (!server) return process.exit(0);
      server.close(() => process.exit(0));
      setInterval(() => server?.closeIdleConnections(), IDLE_CHECK_MS).unref();
    }, drainMs);
  });
}
