import { createHash } from 'node:crypto';
import type { Task } from '../../core/outcome.ts';
import type { Way } from '../../core/sockets.ts';
import type { Scope } from '../../core/stand.ts';
import { header, type WireRequest } from '../../core/wire.ts';
import { isRecord, parseJson } from '../../text/json.ts';

/** The asks of a world: those under way, all that were begun, and the one that ended last. */
export interface Asks {
  readonly open: readonly Scope[];
  readonly all: readonly Scope[];
  readonly last: Scope | undefined;
}

/** A request as it is to be read, and whose it is, where that can be told. */
export interface Attributed {
  request: WireRequest & { path: string };
  scope?: Scope;
  way?: Way;
}

/** A path that begins with this and a key tells whose call it is. */
const IN_PATH = /^\/(?:~|%7e)([0-9a-f]{16})(?=\/|\?|$)/i;
/** With the space that was put before it. */
const MARKER = / ?\[drill:([0-9a-f]{16})\]/g;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{16})[0-9a-f]{16}-/;

/** A text without the marks in it. */
export const unmarked = (text: string): string => text.replace(MARKER, '');

/**
 * Tells of a request to which ask it belongs, by what comes first of: its URL, its headers (`x-drill-ask`, `traceparent`), the
 * body's `user` or `metadata`, a mark in its text, and else that no other ask is under way. What names an ask that has ended is
 * that ask's; a call after the last outcome that names none is the ask's that ended last. `secret` is what nobody else's keys
 * are made of.
 */
export function createAttribution(secret: string, asks: Asks) {
  /** The scopes of all asks so far, by their keys and by the ids of their tasks. */
  const scopes = new Map<string, Scope>();
  let known = 0;

  const traceOf = (id: string) => createHash('sha256').update(`${secret}/${id}`).digest('hex').slice(0, 32);
  const keyOf = (id: string) => traceOf(id).slice(0, 16);

  function named(said: unknown): Scope | undefined {
    if (typeof said !== 'string') return undefined;
    for (; known < asks.all.length; known++) {
      const scope = asks.all[known];
      if (scope === undefined) continue;
      const id = idOf(scope);
      scopes.set(id, scope).set(keyOf(id), scope);
    }
    // Whoever hands on a trace makes a span of its own in it.
    return scopes.get(TRACEPARENT.exec(said)?.[1] ?? said);
  }

  const first = (said: readonly unknown[]) => said.map(named).find((scope) => scope !== undefined);

  /** A request of MCP has its metadata beside the parameters. */
  function inBody(text: string): unknown[] {
    const json = parseJson(text);
    if (!isRecord(json)) return [];
    const { user, safety_identifier, metadata, params } = json;
    const meta = isRecord(params) ? params['_meta'] : undefined;
    return [user, safety_identifier, ...[metadata, meta].flatMap((one) => (isRecord(one) ? Object.values(one) : []))];
  }

  /** The newest mark counts: older ones stand in what was said before. Those of asks under way are newer than others. */
  function marked(marks: readonly string[]): Scope | undefined {
    const found = marks.map(named).filter((scope) => scope !== undefined);
    return found.findLast((scope) => asks.open.includes(scope)) ?? found.at(-1);
  }

  function alone(): Scope | undefined {
    const [only, other] = asks.open;
    return other === undefined ? (only ?? asks.last) : undefined;
  }

  return {
    idOf,
    /** Of an ask: its key, for a URL or a header. */
    keyOf: ({ id }: Task) => keyOf(id),
    traceparentOf: ({ id }: Task) => `00-${traceOf(id)}-${keyOf(`${id}/span`)}-01`,
    marked: (task: Task): Task => ({ ...task, input: `${task.input} [drill:${keyOf(task.id)}]` }),

    attribute(given: WireRequest & { path: string }): Attributed {
      const [prefix = '', inPath] = IN_PATH.exec(given.path) ?? [];
      const path = given.path.slice(prefix.length).replace(/^(?!\/)/, '/');
      const text = new TextDecoder().decode(given.body);
      const marks = [...text.matchAll(MARKER)].flatMap(([, mark]) => mark ?? []);
      const body = marks.length === 0 ? given.body : new TextEncoder().encode(unmarked(text));
      const request = { ...given, path, body };
      const own = header(given.headers, 'x-drill-ask');
      const ways: [Way, () => Scope | undefined][] = [
        ['url', () => named(inPath)],
        ['header', () => first([own, header(given.headers, 'traceparent')])],
        ['body', () => first(inBody(text))],
        ['marker', () => marked(marks)],
        // What has a key of another world is nobody's here.
        ['alone', () => (inPath === undefined && own === undefined ? alone() : undefined)],
      ];
      for (const [way, find] of ways) {
        const scope = find();
        if (scope !== undefined) return { request, scope, way };
      }
      return { request };
    },
  };
}
/** The id of its task. */
const idOf = ({ task, ask }: Scope) => `${task}-${ask}`;
