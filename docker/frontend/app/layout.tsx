import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';

import { Mark } from '@/components/mark';
import { settings } from '@/server/settings';

import './globals.css';

// Rendered for each request: the title comes from the running server's environment, and each page has its own CSP nonce.
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
  return (
    <html lang="en">
      <body>
        <header className="site-header">
          <h1 className="brand">
            <Mark />
            {settings().appTitle}
          </h1>
        </header>
        <main className="page">{children}</main>
      </body>
    </html>
  );
}
