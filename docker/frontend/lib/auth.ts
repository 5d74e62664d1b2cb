/** The browser's side of signing up, in and out. The session is a cookie that scripts can't read. */
import { call } from './http';
import { turnOff } from './push';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export const signIn = ({ email, password }: Credentials): Promise<void> => call('POST', '/api/auth/sign-in/email', { email, password });
export const signUp = (person: Credentials & { readonly name: string }): Promise<void> => call('POST', '/api/auth/sign-up/email', person);

export async function signOut(): Promise<void> {
  // Whoever uses this browser next must not get this user's reminders; signing out works without, too.
  await turnOff().catch(() => undefined);
  await call('POST', '/api/auth/sign-out', {});
}
