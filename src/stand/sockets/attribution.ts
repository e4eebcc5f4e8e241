import { createHash } from 'node:crypto';
import type { Task } from '../../core/outcome.ts';
import type { Way } from '../../core/sockets.ts';
import type { Scope } from '../../core/stand.ts';
import { header, type WireRequest } from '../../core/wire.ts';
import { isRecord, parseJson } from '../../text/json.ts';

/** The asks of a world: those under way, and the one that ended last. */
interface Asks {
  readonly open: readonly Scope[];
  readonly last: Scope | undefined;
}

/** A request as it is to be read, and whose it is, where that can be told. */
export interface Attributed {
  request: WireRequest & { path: string };
  scope?: Scope;
  way?: Way;
}

/** A path that begins with this and a key tells whose call it is. */
const IN_PATH = /^\/~([0-9a-f]{16})(?=\/|$)/;
const MARKER = /\s?\[drill:([0-9a-f]{16})\]/g;
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/**
 * Tells of a request to which ask it belongs, by what comes first of: its URL, its headers (`x-drill-ask`, `traceparent`), the
 * body's `user` or `metadata`, a mark in its text, and else that no other ask is under way. A call after its outcome is the
 * last ask's, where no other was begun since. `secret` is what nobody else's keys are made of.
 */
export function createAttribution(secret: string, asks: Asks) {
  const scopes = new Map<string, Scope>();
  const ids = new Map<string, Scope>();

  const traceOf = (id: string) => createHash('sha256').update(`${secret}/${id}`).digest('hex').slice(0, 32);
  const keyOf = (id: string) => traceOf(id).slice(0, 16);

  /** The scopes of all asks so far, by what names them. */
  function know(scope: Scope): void {
    const id = `${scope.task}-${scope.ask}`;
    ids.set(id, scope);
    scopes.set(keyOf(id), scope);
  }

  function byHeader({ headers }: WireRequest): Scope | undefined {
    const own = header(headers, 'x-drill-ask');
    const trace = header(headers, 'traceparent')?.match(TRACE_ID)?.[1];
    return scopes.get(own ?? '') ?? scopes.get(trace?.slice(0, 16) ?? '');
  }

  function byBody(body: Record<string, unknown> | undefined): Scope | undefined {
    const { user, metadata, safety_identifier } = body ?? {};
    const said = [user, safety_identifier, ...(isRecord(metadata) ? Object.values(metadata) : [])];
    for (const one of said) {
      const scope = typeof one === 'string' ? (scopes.get(one) ?? ids.get(one)) : undefined;
      if (scope !== undefined) return scope;
    }
    return undefined;
  }

  function alone(): Scope | undefined {
    const [only, other] = asks.open;
    return other === undefined ? (only ?? asks.last) : undefined;
  }

  return {
    /** Of an ask: its key, for a URL or a header. */
    keyOf: ({ id }: Task) => keyOf(id),
    traceparentOf: ({ id }: Task) => `00-${traceOf(id)}-${keyOf(`${id}/span`)}-01`,
    marked: (task: Task): Task => ({ ...task, input: `${task.input} [drill:${keyOf(task.id)}]` }),

    attribute(given: WireRequest & { path: string }): Attributed {
      for (const scope of asks.open) know(scope);
      const inPath = given.path.match(IN_PATH)?.[1];
      const path = inPath === undefined ? given.path : given.path.slice(inPath.length + 2) || '/';
      const text = new TextDecoder().decode(given.body);
      const marker = [...text.matchAll(MARKER)].at(-1)?.[1];
      const body = marker === undefined ? given.body : new TextEncoder().encode(text.replace(MARKER, ''));
      const request = { ...given, path, body };
      const ways: [Way, () => Scope | undefined][] = [
        ['url', () => scopes.get(inPath ?? '')],
        ['header', () => byHeader(given)],
        ['body', () => byBody(record(text))],
        ['marker', () => scopes.get(marker ?? '')],
        ['alone', alone],
      ];
      for (const [way, find] of ways) {
        const scope = find();
        if (scope !== undefined) return { request, scope, way };
      }
      return { request };
    },
  };
}

function record(text: string): Record<string, unknown> | undefined {
  const json = parseJson(text);
  return isRecord(json) ? json : undefined;
}
