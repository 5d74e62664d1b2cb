import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';

import { settings } from '@/server/settings';

import './globals.css';
import './todos.css';
import './chat.css';

// Rendered for each request: title and banner come from the running server's environment, and each page has its own CSP nonce.
export const dynamic = 'force-dynamic';

export function generateMetadata(): Metadata {
  return { title: settings().appTitle, description: 'A small, honest list of what needs doing.' };
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f4f6f3' },
    { media: '(prefers-color-scheme: dark)', color: '#0e1412' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  const { appBanner } = settings();
  return (
    <html lang="en">
      <body>
        {appBanner !== '' && (
          <aside className="notice" aria-label="Notice" data-testid="notice">
            {appBanner}
          </aside>
        )}
        {children}
      </body>
    </html>
  );
}
