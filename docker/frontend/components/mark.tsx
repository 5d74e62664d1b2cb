/** The product's mark: the square that ends a proof, ticked off. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect className="mark-square" width="32" height="32" rx="9" />
      <path className="mark-tick" d="M9.5 16.8l4.4 4.4 8.8-10.2" />
    </svg>
  );
}
