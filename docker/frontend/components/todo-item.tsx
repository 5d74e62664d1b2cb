import type { ShownRow } from '@/lib/todo-state';

interface Props {
  row: ShownRow;
  onToggle: () => void;
  onDelete: () => void;
}

export function TodoItem({ row, onToggle, onDelete }: Props) {
  // A todo that the server doesn't know yet has no id to change it by.
  const unsaved = row.id === null;
  return (
    <li className="item" data-testid="todo-item" data-done={row.done} aria-busy={row.pending}>
      <label>
        <input type="checkbox" data-testid="todo-toggle" checked={row.done} disabled={unsaved} onChange={onToggle} />
        <span className="item-title">{row.title}</span>
      </label>
      <button
        type="button"
        className="icon-button"
        data-testid="todo-delete"
        aria-label={`Delete “${row.title}”`}
        disabled={unsaved}
        onClick={onDelete}
      >
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <path d="M3.8 5.5h12.4M8 5.3V3.6h4v1.7M5.4 5.7l.7 10.7h7.8l.7-10.7M8.5 8.8v4.6M11.5 8.8v4.6" />
        </svg>
      </button>
    </li>
  );
}
