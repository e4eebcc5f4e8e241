import type { Task } from './outcome.ts';

/** What of a task may be asked for by name. */
const TASK_FIELDS: Readonly<Record<keyof Task, true>> = {
  ...{ id: true, workflow: true, tenant: true, priority: true, input: true, history: true, sources: true },
  ...{ response_schema: true, stream: true, deadline_ms: true, budget_usd: true, tools: true, contract: true },
};

/** Where a value is to be filled in: `${task.input}`, `${roles.primary.base_url}` or `${env:NAME}`. */
const HOLE = /\$\{([^}]*)\}/g;
const WHOLE = /^\$\{([^}]*)\}$/;
const OF_ENVIRONMENT = /^env:([A-Za-z_]\w*)$/;
const OF_ROLE = /^roles\.([a-z][a-z0-9-]*)\.(?:base_url|model|api_key)$/;

/** Each text in a value, with the way to it. */
export function* textsIn(value: unknown, path: PropertyKey[] = []): Iterable<[text: string, path: PropertyKey[]]> {
  if (typeof value === 'string') yield [value, path];
  else if (Array.isArray(value)) for (const [i, one] of value.entries()) yield* textsIn(one, [...path, i]);
  else for (const [key, one] of Object.entries(Object(value))) yield* textsIn(one, [...path, key]);
}

/** What is wrong with the holes of a text, in words; undefined where nothing is. */
export function problemIn(text: string): string | undefined {
  for (const hole of holesIn(text)) {
    const field = hole.match(/^task\.(\w+)(?:\.\w+)*$/)?.[1];
    const isTask = hole === 'task' || (field !== undefined && Object.hasOwn(TASK_FIELDS, field));
    if (isTask || OF_ENVIRONMENT.test(hole) || OF_ROLE.test(hole)) continue;
    return `\${${hole}} stands for nothing; there are \${env:NAME}, \${roles.primary.base_url} (or model, api_key) and \${task.input} (or ${Object.keys(TASK_FIELDS).join(', ')})`;
  }
  return undefined;
}

/** Names of the environment variables that a value asks for. */
export const variablesIn = (value: unknown): string[] => namesIn(value, OF_ENVIRONMENT);
/** Names of the roles that it asks for. */
export const rolesIn = (value: unknown): string[] => namesIn(value, OF_ROLE);

function namesIn(value: unknown, kind: RegExp): string[] {
  const holes = [...textsIn(value)].flatMap(([text]) => holesIn(text));
  return [...new Set(holes.flatMap((hole) => hole.match(kind)?.[1] ?? []))];
}

/** What the holes of a value stand for. */
export interface Filling {
  task?: Task;
  roles?: Readonly<Record<string, object>>;
  env: Readonly<Record<string, string>>;
}

/**
 * The same value with its holes filled. A text that is nothing but a hole becomes what stands for it, whatever that is, and
 * leaves its mapping where that is nothing; inside of a text it becomes text.
 */
export function filled(value: Record<string, unknown>, filling: Filling): Record<string, unknown>;
export function filled(value: unknown, filling: Filling): unknown;
export function filled(value: unknown, filling: Filling): unknown {
  if (typeof value === 'string') {
    const whole = value.match(WHOLE)?.[1];
    if (whole !== undefined) return standsFor(whole, filling);
    return value.replaceAll(HOLE, (_, hole: string) => textOf(standsFor(hole, filling)));
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, filling));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, filled(one, filling)] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}

/** The same for what can only be a text, such as a header. */
export const filledText = (text: string, filling: Filling): string => textOf(filled(text, filling));

const holesIn = (text: string) => [...text.matchAll(HOLE)].map(([, hole = '']) => hole);

function standsFor(hole: string, filling: Filling): unknown {
  const variable = hole.match(OF_ENVIRONMENT)?.[1];
  if (variable !== undefined) return filling.env[variable];
  let here: unknown = filling;
  for (const step of hole.split('.'))
    here = Object.hasOwn(Object(here), step) ? Reflect.get(Object(here), step) : undefined;
  return here;
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
