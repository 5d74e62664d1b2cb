/** What of the backend's API a browser may use. Whatever isn't listed here doesn't exist for it. */
interface Rule {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

/** Ids are opaque here, but must stay one path segment: nothing that could climb to another of the backend's routes. */
const ID = '[A-Za-z0-9_-]{1,64}';

const RULES: readonly Rule[] = [
  { path: /^todos$/, methods: ['GET', 'POST'] },
  { path: new RegExp(`^todos/${ID}$`), methods: ['GET', 'PATCH', 'DELETE'] },
  { path: /^tags$/, methods: ['GET'] },
  { path: /^chat$/, methods: ['POST'] },
  { path: /^conversations$/, methods: ['GET'] },
  { path: new RegExp(`^conversations/${ID}$`), methods: ['GET', 'DELETE'] },
  { path: /^push\/key$/, methods: ['GET'] },
  { path: /^push\/subscriptions$/, methods: ['POST', 'DELETE'] },
];

/** The methods that may be used on a path below /api; null when there is no such route. */
export function methodsOf(segments: readonly string[]): readonly string[] | null {
  return RULES.find(({ path }) => path.test(segments.join('/')))?.methods ?? null;
}
