'use client';

import { type FormEvent, useState, useSyncExternalStore } from 'react';

import { signIn, signUp } from '@/lib/auth';
import { messageOf } from '@/lib/http';

import { ErrorBanner } from './error-banner';

interface Props {
  passwordMin: number;
  passwordMax: number;
}

const subscribe = () => () => undefined;

export function AuthForm({ passwordMin, passwordMax }: Props) {
  const [isNew, setIsNew] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  // Until React has taken over, a submit would reload the page: a disabled button stops that, the Enter key's too.
  const interactive = useSyncExternalStore(subscribe, () => true, () => false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    const credentials = { email: text('email').trim(), password: text('password') };
    setBusy(true);
    setError(null);
    try {
      await (isNew ? signUp({ ...credentials, name: text('name').trim() }) : signIn(credentials));
      // The server renders the list once it sees the cookie; what a notification asked to open stays in the address.
      location.reload();
    } catch (problem) {
      setError(messageOf(problem));
      setBusy(false);
    }
  }

  return (
    <section className="card auth" aria-labelledby="auth-heading">
      <h2 id="auth-heading">{isNew ? 'Create your account' : 'Welcome back'}</h2>
      <p className="auth-lead">{isNew ? 'Your list is yours alone.' : 'Sign in to see your list.'}</p>
      <ErrorBanner message={error} onDismiss={() => setError(null)} />
      <form className="fields" onSubmit={submit} method="post">
        {isNew && (
          <label className="field">
            Name
            <input name="name" type="text" required maxLength={80} autoComplete="name" data-testid="name" />
          </label>
        )}
        <label className="field">
          E-mail
          <input name="email" type="email" required maxLength={254} autoComplete="username" data-testid="email" />
        </label>
        <label className="field">
          Password
          <input
            name="password"
            type="password"
            required
            minLength={isNew ? passwordMin : undefined}
            maxLength={passwordMax}
            autoComplete={isNew ? 'new-password' : 'current-password'}
            aria-describedby={isNew ? 'password-hint' : undefined}
            data-testid="password"
          />
          {isNew && (
            <span id="password-hint" className="field-hint">
              At least {passwordMin} characters.
            </span>
          )}
        </label>
        <button type="submit" className="primary" data-testid="submit" disabled={!interactive || busy}>
          {isNew ? 'Create account' : 'Sign in'}
        </button>
      </form>
      <p className="auth-switch">
        {isNew ? 'You have an account already?' : 'New here?'}{' '}
        <button
          type="button"
          className="link"
          data-testid="auth-switch"
          disabled={!interactive}
          onClick={() => {
            setIsNew(!isNew);
            setError(null);
          }}
        >
          {isNew ? 'Sign in' : 'Create an account'}
        </button>
      </p>
    </section>
  );
}
