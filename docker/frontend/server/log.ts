type Level = 'info' | 'warn' | 'error';

/** Writes one JSON object as one line to stdout, where the platform collects logs. */
export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
