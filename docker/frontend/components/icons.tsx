/** Line icons on a grid of 20; what they mean is said by the control that they are in. */
import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const ChatIcon = () => (
  <Icon>
    <path d="M3.5 4.5h13v9H9l-3.5 3v-3h-2zM7 8h6M7 10.5h4" />
  </Icon>
);

export const PersonIcon = () => (
  <Icon>
    <circle cx="10" cy="7" r="3" />
    <path d="M4 16.5c.7-3 3-4.5 6-4.5s5.3 1.5 6 4.5" />
  </Icon>
);

export const EditIcon = () => (
  <Icon>
    <path d="M4 16l.8-3.4L13.4 4l2.6 2.6-8.6 8.6zM11.8 5.6l2.6 2.6" />
  </Icon>
);

export const BinIcon = () => (
  <Icon>
    <path d="M3.8 5.5h12.4M8 5.3V3.6h4v1.7M5.4 5.7l.7 10.7h7.8l.7-10.7M8.5 8.8v4.6M11.5 8.8v4.6" />
  </Icon>
);

export const CrossIcon = () => (
  <Icon>
    <path d="M5.5 5.5l9 9M14.5 5.5l-9 9" />
  </Icon>
);

export const ClockIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.5" />
    <path d="M10 6.5V10l2.4 1.6" />
  </Icon>
);

export const BellIcon = () => (
  <Icon>
    <path d="M5 13.5V9a5 5 0 0 1 10 0v4.5l1 1H4zM8.5 16.5a1.6 1.6 0 0 0 3 0" />
  </Icon>
);

export const SearchIcon = () => (
  <Icon>
    <circle cx="8.8" cy="8.8" r="5" />
    <path d="M12.6 12.6l4 4" />
  </Icon>
);

export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4.5M5 9.3l5-5 5 5" />
  </Icon>
);

export const StopIcon = () => (
  <Icon>
    <rect x="6" y="6" width="8" height="8" rx="1" />
  </Icon>
);
