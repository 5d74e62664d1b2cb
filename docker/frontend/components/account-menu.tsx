'use client';

import { useEffect, useState } from 'react';

import { signOut } from '@/lib/auth';
import { messageOf } from '@/lib/http';
import { type PushState, pushState, turnOff, turnOn } from '@/lib/push';

import { PersonIcon } from './icons';

interface Props {
  person: { readonly name: string; readonly email: string };
}

const WHY_NOT: Partial<Record<PushState, string>> = {
  blocked: 'Notifications are blocked for this site in your browser’s settings.',
  unsupported: 'This browser can’t show reminders here.',
};

export function AccountMenu({ person }: Props) {
  const [push, setPush] = useState<PushState | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    pushState().then(setPush, () => setPush(null));
  }, []);

  async function attempt(what: string, act: () => Promise<void>) {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (problem) {
      setError(`${what} ${messageOf(problem)}`);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <button type="button" className="tool-button" data-testid="account" popoverTarget="account-menu" aria-label={`Account of ${person.name}`}>
        <PersonIcon />
      </button>
      <div id="account-menu" className="menu card" popover="auto" role="group" aria-label="Account">
        <p className="menu-name">{person.name}</p>
        <p className="menu-email">{person.email}</p>
        {(push === 'on' || push === 'off') && (
          <button
            type="button"
            className="menu-item"
            data-testid="reminders"
            aria-pressed={push === 'on'}
            disabled={busy}
            onClick={() => attempt('Reminders couldn’t be changed.', async () => setPush(await (push === 'on' ? turnOff() : turnOn())))}
          >
            <span>Reminders on this device</span>
            <span className="menu-state">{push === 'on' ? 'On' : 'Off'}</span>
          </button>
        )}
        {push !== null && WHY_NOT[push] !== undefined && <p className="menu-note">{WHY_NOT[push]}</p>}
        <button
          type="button"
          className="menu-item"
          data-testid="sign-out"
          disabled={busy}
          onClick={() =>
            attempt('You couldn’t be signed out.', async () => {
              await signOut();
              location.assign('/');
            })
          }
        >
          Sign out
        </button>
        <p role="alert" className="menu-error">
          {error}
        </p>
      </div>
    </>
  );
}
