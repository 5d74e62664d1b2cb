'use client';

import { useRef } from 'react';

import type { Draft } from '@/lib/api';
import { inWords } from '@/lib/dates';
import type { ShownRow } from '@/lib/todo-state';

import { BellIcon, BinIcon, ClockIcon, EditIcon } from './icons';
import { TodoEditor } from './todo-editor';

interface Props {
  row: ShownRow;
  isOpen: boolean;
  onOpen: (open: boolean) => void;
  onToggle: () => void;
  onDelete: () => void;
  onSave: (draft: Draft) => void;
}

const PRIORITY = { none: '', low: 'Low priority', medium: 'Medium priority', high: 'High priority' };

export function TodoItem({ row, isOpen, onOpen, onToggle, onDelete, onSave }: Props) {
  const edit = useRef<HTMLButtonElement>(null);
  // A todo that the server doesn't know yet has no id to change it by.
  const unsaved = row.id === null;
  const detailed = row.notes || row.due_at || row.remind_at || row.priority !== 'none' || row.tags.length > 0;
  const overdue = row.due_at !== null && !row.done && new Date(row.due_at).getTime() < Date.now();

  function close() {
    onOpen(false);
    edit.current?.focus();
  }

  return (
    <li className="item" data-testid="todo-item" data-done={row.done} aria-busy={row.pending}>
      <div className="item-line">
        <label>
          <input type="checkbox" data-testid="todo-toggle" checked={row.done} disabled={unsaved} onChange={onToggle} />
          <span className="item-title">{row.title}</span>
        </label>
        <button
          ref={edit}
          type="button"
          className="icon-button"
          data-testid="todo-edit"
          aria-label={`Edit “${row.title}”`}
          aria-expanded={isOpen}
          disabled={unsaved}
          onClick={() => onOpen(!isOpen)}
        >
          <EditIcon />
        </button>
        <button
          type="button"
          className="icon-button danger"
          data-testid="todo-delete"
          aria-label={`Delete “${row.title}”`}
          disabled={unsaved}
          onClick={onDelete}
        >
          <BinIcon />
        </button>
      </div>
      {isOpen ? (
        <TodoEditor
          row={row}
          onCancel={close}
          onSave={(draft) => {
            onSave(draft);
            edit.current?.focus();
          }}
        />
      ) : (
        detailed && (
          <div className="item-details">
            {row.notes && <p className="item-notes">{row.notes}</p>}
            <ul className="chips" aria-label={`Details of “${row.title}”`}>
              {row.priority !== 'none' && <li className={`chip priority-${row.priority}`}>{PRIORITY[row.priority]}</li>}
              {row.due_at && (
                <li className={overdue ? 'chip overdue' : 'chip'}>
                  <ClockIcon />
                  {overdue ? 'Overdue: ' : 'Due '}
                  {inWords(row.due_at)}
                </li>
              )}
              {row.remind_at && (
                <li className="chip">
                  <BellIcon />
                  {inWords(row.remind_at)}
                </li>
              )}
              {row.tags.map((tag) => (
                <li key={tag} className="chip">
                  #{tag}
                </li>
              ))}
            </ul>
          </div>
        )
      )}
    </li>
  );
}
