/** Times as people read and write them, in their own time zone. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What `<input type="datetime-local">` takes, or '' for none. */
export function toInput(iso: string | null): string {
  if (iso === null) return '';
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

/** What `<input type="datetime-local">` gives, as ISO 8601 in UTC; null for none. */
export function fromInput(text: string): string | null {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** “Today 17:00”, “Tomorrow 09:30”, “Fri 4 Dec 12:00”; with the year where it isn't this one. */
export function inWords(iso: string, now = new Date(), locale?: string): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((midnight(at) - midnight(now)) / DAY_MS);
  const near = { [-1]: 'Yesterday', 0: 'Today', 1: 'Tomorrow' }[days];
  if (near !== undefined) return `${near} ${time}`;
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return `${at.toLocaleDateString(locale, { weekday: 'short', day: 'numeric', month: 'short', ...year })} ${time}`;
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
