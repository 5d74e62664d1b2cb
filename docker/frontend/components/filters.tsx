export const FILTERS = ['all', 'open', 'done'] as const;
export type Filter = (typeof FILTERS)[number];

const LABELS: Record<Filter, string> = { all: 'All', open: 'Open', done: 'Done' };

interface Props {
  current: Filter;
  counts: Record<Filter, number>;
  onChange: (filter: Filter) => void;
}

export function Filters({ current, counts, onChange }: Props) {
  return (
    <div className="filters" role="group" aria-label="Show">
      {FILTERS.map((filter) => (
        <button
          key={filter}
          type="button"
          data-testid={`filter-${filter}`}
          aria-pressed={filter === current}
          onClick={() => onChange(filter)}
        >
          {LABELS[filter]} <span className="filter-count">{counts[filter]}</span>
        </button>
      ))}
    </div>
  );
}
