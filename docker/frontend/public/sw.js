// Shows reminders and opens the todo that one was about. It caches nothing: the page is never older than the server.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  const { title = 'Reminder', body = '', tag, todo_id } = read(event.data);
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon: '/icon.svg', data: { todo_id } }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.todo_id));
});

function read(data) {
  try {
    return data.json();
  } catch {
    return { body: data?.text() };
  }
}

/** In a tab that is open already, else in a new one. */
async function open(id) {
  const url = id === undefined ? '/' : `/?todo=${encodeURIComponent(id)}`;
  const [tab] = await self.clients.matchAll({ type: 'window' });
  if (!tab) return self.clients.openWindow(url);
  await tab.focus().catch(() => undefined);
  tab.postMessage({ type: 'open-todo', id });
}
