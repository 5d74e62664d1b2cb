import { log } from './log';
import { settings, SettingsError } from './settings';
import { shutDownGracefully } from './shutdown';

/** A server with bad settings must not come up: ends the process with one line that names the variables. */
export function start(): void {
  try {
    const { backendUrl, appTitle, backendTimeoutMs, publicOrigin, authIssuer, authAudience, authSecrets } = settings();
    log('info', 'settings', {
      backend_url: backendUrl,
      app_title: appTitle,
      backend_timeout_ms: backendTimeoutMs,
      public_origin: publicOrigin ?? 'as requested',
      auth_issuer: authIssuer,
      auth_audience: authAudience,
      auth_secret_versions: authSecrets.versions.map(({ version }) => version),
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    log('error', `cannot start: ${error.message}`);
    return process.exit(1);
  }
  shutDownGracefully();
}
