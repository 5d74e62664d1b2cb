import { type Status, STATUSES } from '@/lib/api';

const LABELS: Record<Status, string> = { all: 'All', open: 'Open', done: 'Done' };

interface Props {
  current: Status;
  counts: Record<Status, number>;
  onChange: (status: Status) => void;
}

export function Filters({ current, counts, onChange }: Props) {
  return (
    <div className="filters" role="group" aria-label="Show">
      {STATUSES.map((status) => (
        <button
          key={status}
          type="button"
          data-testid={`filter-${status}`}
          aria-pressed={status === current}
          onClick={() => onChange(status)}
        >
          {LABELS[status]} <span className="filter-count">{counts[status]}</span>
        </button>
      ))}
    </div>
  );
}
