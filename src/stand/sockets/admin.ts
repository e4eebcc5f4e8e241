import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FaultUse } from '../../core/drill.ts';
import { DrillError } from '../../core/errors.ts';
import { header, type WireReply, type WireRequest } from '../../core/wire.ts';
import { parseJson } from '../../text/json.ts';
import type { By, Filter, Journal } from './journal.ts';
import type { Answer } from './listen.ts';
import { json } from './tools.ts';

export const ADMIN_PREFIX = '/__drill';

/** A fault under its id; of one that reverts by itself, when. */
export type Armed = FaultUse & { id: string; reverts_in_ms?: number };

/** What is armed, and may be changed. */
export interface Faults {
  list(): Armed[];
  get(id: string): Armed | undefined;
  /** Arms a fault, in the place of the one of this id. Throws a DrillError. */
  put(id: string, given: unknown, by: By): { replaced: boolean; fault: Armed };
  remove(id: string, by: By): boolean;
  /** Takes them all away; says how many there were. */
  reset(by: By): number;
}

export interface AdminOptions {
  faults: Faults;
  journal: Journal;
  token: string;
  /** The name under which others find it, beside `localhost` and addresses. */
  advertise: string;
  /** What health says. */
  about(): object;
}

/** More of a body no fault needs. */
const MOST_BYTES = 100_000;
const BY: By = 'admin API';
const ID = /^[\w.:@-]{1,100}$/;

/** A refusal, and how to do it right. */
const refuse = (status: number, message: string, fix: string): WireReply => json(status, { error: { message, fix } });

/**
 * Lets faults be seen and changed over HTTP while calls go on. It is for programs: whoever asks has the token, calls it by
 * an address or its own name (a page that had its own name changed to this address does not), and is no browser.
 */
export function adminOf({ faults, journal, token, advertise, about }: AdminOptions): Answer {
  const isToken = sameAs(`Bearer ${token}`);
  const isHome = (host: string) =>
    isIP(host.replace(/^\[(.*)\]$/, '$1')) > 0 || [advertise, 'localhost'].includes(host);

  function guard({ headers, path, method }: WireRequest & { path: string }): WireReply | undefined {
    const host = (header(headers, 'host') ?? '').replace(/:\d*$/, '').toLowerCase();
    if (!isHome(host))
      return refuse(403, `this is not ${host.slice(0, 100)}`, 'call it by its address, or start it with --advertise');
    if (header(headers, 'origin') !== undefined)
      return refuse(403, 'no web page may call this', 'call it from a program: without the header `Origin`');
    if (method === 'GET' && path === `${ADMIN_PREFIX}/health`) return undefined;
    if (isToken(header(headers, 'authorization') ?? '')) return undefined;
    return refuse(401, 'the token is missing or another one', 'send `Authorization: Bearer` with the token it printed');
  }

  function faultAt(method: string, id: string, body: Uint8Array): WireReply {
    if (!ID.test(id))
      return refuse(400, 'a fault has an id of up to 100 letters, digits, `.`, `:`, `@`, `_` and `-`', 'rename it');
    if (method === 'DELETE') return json(200, { removed: faults.remove(id, BY) });
    if (method === 'GET') {
      const fault = faults.get(id);
      return fault
        ? json(200, fault)
        : refuse(404, `no fault "${id}" is armed`, `GET ${ADMIN_PREFIX}/faults lists all`);
    }
    if (method !== 'PUT') return refuse(405, `${method} is not for a fault`, 'use GET, PUT or DELETE');
    if (body.length > MOST_BYTES) return refuse(413, 'that is too long for a fault', 'send one fault');
    const given = parseJson(new TextDecoder().decode(body));
    if (given === undefined) return refuse(400, 'the body is not JSON', `send ${EXAMPLE}`);
    const { replaced, fault } = faults.put(id, given, BY);
    return json(replaced ? 200 : 201, fault);
  }

  function answer({ method, path, body }: WireRequest & { path: string }): WireReply {
    const [pathname = '', query = ''] = path.split('?');
    const [place = '', id, ...more] = pathname.slice(ADMIN_PREFIX.length + 1).split('/');
    const is = (wanted: string, name: string) => method === wanted && place === name && id === undefined;
    if (pathname.startsWith(`${ADMIN_PREFIX}/`)) {
      if (is('GET', 'health')) return json(200, about());
      if (is('GET', 'faults')) return json(200, { faults: faults.list() });
      if (place === 'faults' && id !== undefined && more.length === 0)
        return faultAt(method, decodeURIComponent(id), body);
      if (is('POST', 'reset')) return json(200, { removed: faults.reset(BY) });
      if (is('GET', 'journal')) return journalFor(new URLSearchParams(query), journal);
    }
    return refuse(404, `there is no ${method} ${pathname.slice(0, 200)}`, `there are ${PLACES}`);
  }

  return async (request) => {
    try {
      return guard(request) ?? answer(request);
    } catch (error) {
      if (error instanceof DrillError) return json(400, { error: error.problems[0], problems: error.problems });
      // Of percents in a path that stand for nothing.
      if (error instanceof URIError) return refuse(400, 'the path cannot be read', `there are ${PLACES}`);
      throw error;
    }
  };
}

const EXAMPLE = '`{ "fault": "rate-limited", "role": "primary", "when": { "probability": 0.5 }, "ttl_ms": 60000 }`';
const PLACES = ['GET faults', 'GET, PUT and DELETE faults/{id}', 'POST reset', 'GET journal', 'GET health']
  .map((one) => one.replace(/ (?=\w+(?:\/\{id\})?$)/, ` ${ADMIN_PREFIX}/`))
  .join(', ');

const FILTERS: Record<keyof Filter, RegExp> = {
  role: /^.{1,200}$/,
  fault: /^[\w-]{1,100}$/,
  status: /^(?:\d{3}|none)$/,
  since: /^\d{1,15}$|^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
  limit: /^[1-9]\d{0,6}$/,
};
const SHAPES = 'role, fault, status (`429`, or `none`), since (`2026-12-31T23:59:59Z`, or the `n` of an entry), limit';

function journalFor(query: URLSearchParams, journal: Journal): WireReply {
  for (const [name, value] of query) {
    const shape = new Map(Object.entries(FILTERS)).get(name);
    if (shape === undefined) return refuse(400, `there is no filter "${name.slice(0, 100)}"`, `there are ${SHAPES}`);
    if (!shape.test(value))
      return refuse(400, `${name} may not be "${value.slice(0, 100)}"`, `the filters are ${SHAPES}`);
  }
  const { limit, ...filter } = Object.fromEntries(query);
  const entries = journal.entries({ ...filter, limit: limit === undefined ? undefined : Number(limit) });
  return json(200, { ...journal.totals(), under_way: journal.underWay(), entries });
}

/** Compares without telling by its time how much of it was right. */
function sameAs(secret: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(secret);
  return (given) => timingSafeEqual(digest(given), wanted);
}
