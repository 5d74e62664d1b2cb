import { headers } from 'next/headers';

import { AuthForm } from '@/components/auth-form';
import { SiteHeader } from '@/components/site-header';
import { Workspace } from '@/components/workspace';
import { PASSWORD_MAX, PASSWORD_MIN } from '@/server/auth';
import { person, type Person } from '@/server/session';
import { settings } from '@/server/settings';

export default async function Page() {
  const title = settings().appTitle;
  let who: Person | null | 'unknown';
  try {
    who = await person(new Headers(await headers()));
  } catch {
    who = 'unknown';
  }
  if (who !== null && who !== 'unknown') return <Workspace title={title} person={who} />;
  return (
    <>
      <SiteHeader title={title} />
      <main className="page">
        <noscript>
          <p className="banner">This page needs JavaScript to show and change your list.</p>
        </noscript>
        {who === null ? (
          <AuthForm passwordMin={PASSWORD_MIN} passwordMax={PASSWORD_MAX} />
        ) : (
          <div className="empty" role="alert" data-testid="sessions-away">
            <p className="empty-title">Your list can’t be opened right now</p>
            <p>Who you are can’t be looked up at the moment. You stay signed in.</p>
            <p>
              <a href="/">Try again</a>
            </p>
          </div>
        )}
      </main>
    </>
  );
}
