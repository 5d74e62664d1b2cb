import { expect, it, vi } from 'vitest';

import { stubSettings } from './environment';

it.each([
  [undefined, 'BACKEND_URL is not set'],
  ['ftp://backend', 'BACKEND_URL must be'],
])('ends the process with one line naming the variable: %s', async (url, message) => {
  vi.resetModules();
  stubSettings();
  vi.stubEnv('BACKEND_URL', url);
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);

  (await import('@/server/start')).start();

  expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  expect(write).toHaveBeenCalledOnce();
  const line = String(write.mock.calls[0]?.[0]);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toMatchObject({ level: 'error', message: expect.stringContaining(message) });
});
