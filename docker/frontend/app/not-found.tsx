export default function NotFound() {
  return (
    <main className="page empty">
      <p className="empty-title">There is nothing at this address</p>
      <p>
        <a href="/">Back to the list</a>
      </p>
    </main>
  );
}
