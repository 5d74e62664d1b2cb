import { TodoApp } from '@/components/todo-app';

export default function Page() {
  return (
    <>
      <noscript>
        <p className="banner">This page needs JavaScript to show and change your list.</p>
      </noscript>
      <TodoApp />
    </>
  );
}
