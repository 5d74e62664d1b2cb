import { log } from './log';
import { settings, SettingsError } from './settings';
import { shutDownGracefully } from './shutdown';

/** A server with bad settings must not come up: ends the process with one line that names the variables. */
export function start(): void {
  try {
    const { backendUrl, appTitle, backendTimeoutMs } = settings();
    log('info', 'settings', { backend_url: backendUrl, app_title: appTitle, backend_timeout_ms: backendTimeoutMs });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    log('error', `cannot start: ${error.message}`);
    return process.exit(1);
  }
  shutDownGracefully();
}
