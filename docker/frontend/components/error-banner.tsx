interface Props {
  message: string | null;
  onDismiss: () => void;
}

/** The alert region stays in the page, so that screen readers notice what comes into it. */
export function ErrorBanner({ message, onDismiss }: Props) {
  return (
    <div role="alert">
      {message !== null && (
        <div className="banner" data-testid="error-banner">
          <svg className="banner-icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <circle cx="10" cy="10" r="8.25" />
            <path d="M10 5.8v5.2M10 13.9v.1" />
          </svg>
          <p>{message}</p>
          <button type="button" className="icon-button" onClick={onDismiss} aria-label="Dismiss this message">
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
              <path d="M5.5 5.5l9 9M14.5 5.5l-9 9" />
            </svg>
          </button>
        </div>
      )}
    </div>
  );
}
