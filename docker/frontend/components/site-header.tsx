import type { ReactNode } from 'react';

import { Mark } from './mark';

interface Props {
  title: string;
  /** At the end of the line. */
  children?: ReactNode;
}

export function SiteHeader({ title, children }: Props) {
  return (
    <header className="site-header">
      <h1 className="brand">
        <Mark />
        <span>{title}</span>
      </h1>
      {children}
    </header>
  );
}
