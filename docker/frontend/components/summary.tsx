interface Props {
  open: number;
  total: number;
  /** False while nothing is known yet. */
  known: boolean;
}

export function Summary({ open, total, known }: Props) {
  const done = total - open;
  return (
    <div className="summary">
      <p className="headline">
        <span className={known ? 'count' : 'count count-unknown'} data-testid="open-count">
          {known ? open : <span className="visually-hidden">unknown</span>}
        </span>{' '}
        open
      </p>
      {known && total > 0 && (
        <div className="progress">
          <span id="progress-label">{done === total ? `All ${total} done` : `${done} of ${total} done`}</span>
          <progress aria-labelledby="progress-label" value={done} max={total} />
        </div>
      )}
    </div>
  );
}
