'use client';

import { type FormEvent, type RefObject, useId, useState, useSyncExternalStore } from 'react';

import { TITLE_MAX } from '@/lib/api';

interface Props {
  inputRef: RefObject<HTMLInputElement | null>;
  onAdd: (title: string) => Promise<boolean>;
}

const COUNT_FROM = 160;
const subscribe = () => () => undefined;

export function Composer({ inputRef, onAdd }: Props) {
  const hintId = useId();
  const [length, setLength] = useState(0);
  const [empty, setEmpty] = useState(false);
  // Until React has taken over, a submit would reload the page: a disabled button stops that, the Enter key's too.
  const interactive = useSyncExternalStore(subscribe, () => true, () => false);

  // The input is uncontrolled: what is typed before React has taken over stays.
  function write(text: string) {
    if (inputRef.current) inputRef.current.value = text;
    setLength(text.length);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    const input = inputRef.current;
    if (!input) return;
    const title = input.value.trim();
    input.focus();
    setEmpty(title === '');
    if (title === '') return;
    write('');
    // Nobody should have to type it again, unless they have typed on already.
    if (!(await onAdd(title)) && inputRef.current?.value === '') write(title);
  }

  const left = TITLE_MAX - length;
  const hint = empty ? 'Write down what needs doing first.' : length >= COUNT_FROM ? `${left} ${left === 1 ? 'character' : 'characters'} left` : '';
  return (
    <form className="composer" onSubmit={submit} noValidate>
      <label className="visually-hidden" htmlFor="new-todo">
        New todo
      </label>
      <input
        ref={inputRef}
        id="new-todo"
        data-testid="new-todo"
        type="text"
        maxLength={TITLE_MAX}
        placeholder="What needs doing?"
        autoComplete="off"
        enterKeyHint="done"
        aria-invalid={empty}
        aria-describedby={hintId}
        onInput={(event) => {
          setLength(event.currentTarget.value.length);
          setEmpty(false);
        }}
      />
      <button type="submit" className="primary" data-testid="add-todo" disabled={!interactive}>
        Add
      </button>
      <p id={hintId} className={empty ? 'hint hint-error' : 'hint'} aria-live="polite">
        {hint}
      </p>
    </form>
  );
}
