'use client';

import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef } from 'react';

import { type Draft, NOTES_MAX, PRIORITIES, type Priority, TITLE_MAX } from '@/lib/api';
import { fromInput, toInput } from '@/lib/dates';
import { parseTags } from '@/lib/tags';

interface Props {
  row: Draft;
  onSave: (draft: Draft) => void;
  onCancel: () => void;
}

/** All that can be said of a todo. Escape closes it, and nothing is changed. */
export function TodoEditor({ row, onSave, onCancel }: Props) {
  const hintId = useId();
  const title = useRef<HTMLInputElement>(null);
  useEffect(() => {
    title.current?.focus();
  }, []);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    if (text('title') === '') return title.current?.focus();
    onSave({
      title: text('title'),
      notes: text('notes') || null,
      due_at: fromInput(text('due_at')),
      remind_at: fromInput(text('remind_at')),
      priority: text('priority') as Priority,
      tags: parseTags(text('tags')),
    });
  }

  function escape(event: KeyboardEvent) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onCancel();
  }

  return (
    <form className="fields editor" data-testid="editor" onSubmit={submit} onKeyDown={escape}>
      <label className="field wide">
        Title
        <input ref={title} name="title" required maxLength={TITLE_MAX} defaultValue={row.title} autoComplete="off" data-testid="edit-title" />
      </label>
      <label className="field wide">
        Notes
        <textarea name="notes" rows={3} maxLength={NOTES_MAX} defaultValue={row.notes ?? ''} data-testid="edit-notes" />
      </label>
      <label className="field">
        Due
        <input name="due_at" type="datetime-local" defaultValue={toInput(row.due_at)} data-testid="edit-due" />
      </label>
      <label className="field">
        Remind me
        <input name="remind_at" type="datetime-local" defaultValue={toInput(row.remind_at)} data-testid="edit-remind" />
      </label>
      <label className="field">
        Priority
        <select name="priority" defaultValue={row.priority} data-testid="edit-priority">
          {PRIORITIES.map((priority) => (
            <option key={priority} value={priority}>
              {priority.charAt(0).toUpperCase() + priority.slice(1)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        Tags
        <input name="tags" maxLength={300} defaultValue={row.tags.join(', ')} autoComplete="off" aria-describedby={hintId} data-testid="edit-tags" />
        <span id={hintId} className="field-hint">
          Separated by commas
        </span>
      </label>
      <div className="editor-actions wide">
        <button type="button" className="secondary" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="primary" data-testid="save">
          Save
        </button>
      </div>
    </form>
  );
}
