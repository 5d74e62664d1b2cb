'use client';

import { useEffect, useRef, useState } from 'react';

import { listTags, PRIORITIES, type Priority, type Query, type Sort, SORTS, type Tag } from '@/lib/api';

import { SearchIcon } from './icons';

interface Props {
  query: Query;
  onChange: (query: Query) => void;
  /** Changes when tags may have. */
  version: unknown;
}

const TYPING_MS = 250;
const SORT_LABELS: Record<Sort, string> = { created: 'Newest', due: 'Due first', priority: 'Most important', title: 'A to Z' };
const PRIORITY_LABELS: Record<Priority, string> = { none: 'None', low: 'Low', medium: 'Medium', high: 'High' };

/** Search, filters and order of the list. */
export function Finder({ query, onChange, version }: Props) {
  const [text, setText] = useState(query.q);
  const [tags, setTags] = useState<readonly Tag[]>([]);
  const latest = useRef({ query, onChange });

  useEffect(() => {
    latest.current = { query, onChange };
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      const now = latest.current;
      if (text.trim() !== now.query.q.trim()) now.onChange({ ...now.query, q: text });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    // Without them the list still works.
    listTags().then(setTags, () => undefined);
  }, [version]);

  // A tag that is filtered by stays selectable when its last todo has gone.
  const names = tags.map(({ name }) => name);
  const shownTags = query.tag !== '' && !names.includes(query.tag) ? [query.tag, ...names] : names;
  return (
    <div className="finder" role="search">
      <label className="search">
        <SearchIcon />
        <span className="visually-hidden">Search your todos</span>
        <input type="search" data-testid="search" placeholder="Search" maxLength={200} value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <label>
        <span className="visually-hidden">Priority</span>
        <select data-testid="by-priority" value={query.priority} onChange={(event) => onChange({ ...query, priority: event.target.value as Query['priority'] })}>
          <option value="">Any priority</option>
          {PRIORITIES.toReversed().map((priority) => (
            <option key={priority} value={priority}>
              {PRIORITY_LABELS[priority]}
            </option>
          ))}
        </select>
      </label>
      {shownTags.length > 0 && (
        <label>
          <span className="visually-hidden">Tag</span>
          <select data-testid="by-tag" value={query.tag} onChange={(event) => onChange({ ...query, tag: event.target.value })}>
            <option value="">Any tag</option>
            {shownTags.map((name) => (
              <option key={name} value={name}>
                #{name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span className="visually-hidden">Order</span>
        <select data-testid="sort" value={query.sort} onChange={(event) => onChange({ ...query, sort: event.target.value as Sort })}>
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_LABELS[sort]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
