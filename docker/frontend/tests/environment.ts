import { vi } from 'vitest';

/** Settings that a server starts with; nothing is where they say. */
export function stubSettings(more: Record<string, string> = {}): void {
  const settings = {
    BACKEND_URL: 'http://127.0.0.1:1',
    DATABASE_URL: 'postgresql://todo@127.0.0.1:1/todo',
    BETTER_AUTH_SECRET: 'first-secret-of-these-tests-0123456789',
    BETTER_AUTH_SECRETS: '',
    BETTER_AUTH_URL: '',
    AUTH_ISSUER: 'http://todo-frontend:3000',
    AUTH_AUDIENCE: 'todo-backend',
    ...more,
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
}
