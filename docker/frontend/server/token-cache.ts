/** A token is handed out until this long before its end, so that it outlives the call that it is for. */
const MARGIN_MS = 60_000;
const ENTRIES = 10_000;

/** Tokens by the session cookie that they were made for. Bounded: the oldest go first. */
export class TokenCache {
  readonly #entries = new Map<string, { token: string; until: number }>();

  constructor(
    private readonly lifetimeMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  get(cookie: string): string | null {
    const entry = this.#entries.get(cookie);
    if (!entry) return null;
    if (this.now() < entry.until) return entry.token;
    this.#entries.delete(cookie);
    return null;
  }

  put(cookie: string, token: string): void {
    this.#entries.delete(cookie);
    this.#entries.set(cookie, { token, until: this.now() + this.lifetimeMs - MARGIN_MS });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= ENTRIES) break;
      this.#entries.delete(oldest);
    }
  }

  drop(cookie: string): void {
    this.#entries.delete(cookie);
  }
}
