'use client';

export default function ErrorPage() {
  return (
    <main className="page empty" role="alert">
      <p className="empty-title">The page ran into a problem</p>
      <p>Your todos are safe. Load the page again to go on.</p>
      <button type="button" className="secondary" onClick={() => location.reload()}>
        Load again
      </button>
    </main>
  );
}
