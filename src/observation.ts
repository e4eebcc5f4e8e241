import type { Effect } from './core/effect.ts';
import { gather } from './core/gathered.ts';
import type { Protocol } from './core/protocol.ts';
import { header } from './core/wire.ts';
import type { Exchange } from './stand/sockets/exchange.ts';
import { canonicalJson } from './text/canonical.ts';

/** Timers of the machine may be early by this much each. */
const EARLY_MS = 2;

/**
 * What a client saw that is not what was done where the call was answered; undefined where it saw just that. `expected.ms` is
 * how long it takes at least, `patience` when the client leaves.
 */
export function differsFrom(expected: Exchange, seen: Exchange, patience: number, waits: number): string | undefined {
  const late = expected.ms > patience;
  const ended = late ? 'left' : expected.ended;
  if (seen.ended !== ended) return `${endOf(seen)} where ${endOf({ ...expected, ended })} was due`;
  if (!late && seen.ms < expected.ms - EARLY_MS * waits)
    return `it was over after ${seen.ms} ms, and takes ${expected.ms} ms`;
  const isWhole = ended === 'whole';
  if (isWhole && seen.status !== expected.status) return `HTTP ${seen.status} where HTTP ${expected.status} was sent`;
  const lost = isWhole ? expected.headers.filter(([name, value]) => header(seen.headers, name) !== value) : [];
  if (lost.length > 0) return `the header ${lost[0]?.join(': ')} did not arrive`;
  const [arrived, sent] = [Buffer.from(seen.body), Buffer.from(expected.body)];
  const same = isWhole ? arrived.equals(sent) : arrived.equals(sent.subarray(0, arrived.length));
  return same ? undefined : `${arrived.length} bytes that are not the ${sent.length} that were sent`;
}

/** What is to be seen of a reply, in the words of the effect that a fault claims. */
export interface Claim {
  effect: Effect;
  /** Those of the fault: a `status` is one to be seen, and a reply comes late by what is counted in milliseconds. */
  params: Readonly<Record<string, unknown>>;
  /** The same call without the fault. */
  plain: Exchange;
  seen: Exchange;
  /** How long it took at least, as far as the provider decides: the plain one takes `plain.ms`. */
  took: number;
  /** What the call was spoken in; undefined for the use of a tool. */
  protocol: Protocol | undefined;
}

/** What is wrong where the client did not see what the effect says; undefined where it did. */
export function missing({ effect, params, plain, seen, took, protocol }: Claim): string | undefined {
  const told = (one: Exchange) => toldBy(one, protocol);
  const same = () => told(seen).said === told(plain).said;
  const unchanged =
    seen.status === plain.status && seen.ended === plain.ended && Buffer.from(seen.body).equals(plain.body);
  const { status = seen.status } = params;
  if (status !== seen.status) return `HTTP ${seen.status} came, and not ${status}`;
  switch (effect) {
    case 'fails':
      return told(seen).usable ? 'a usable reply came all the same' : undefined;
    case 'delays':
      if (took < plain.ms + Math.max(1, ...delaysIn(params))) return `the reply came ${took - plain.ms} ms later`;
      return seen.ended === 'left' || same() ? undefined : 'the reply that came late is another one';
    case 'spoils':
      return unchanged ? 'the reply is as it always was' : undefined;
    case 'cheapens':
      if (!told(seen).valid) return 'no valid reply came';
      return same() ? 'the reply is worth as much as ever' : undefined;
    case 'odd':
      if (unchanged && seen.chunks === plain.chunks) return 'there is nothing odd about the reply';
      return holds(told(seen), told(plain)) ? undefined : 'the reply that is told oddly is another one';
    case 'limits':
      return told(seen).usable ? 'a call beyond the limit got a usable reply' : undefined;
  }
}

/** Units stand last in the names of parameters. */
const delaysIn = (params: Claim['params']): number[] =>
  Object.entries(params).flatMap(([name, value]) => (name.endsWith('_ms') && typeof value === 'number' ? [value] : []));

/** Whether whoever made the call can work with what it got. */
export const isUsable = (seen: Exchange, protocol: Protocol | undefined): boolean => toldBy(seen, protocol).usable;

interface Told {
  /** Somebody can work with it. */
  usable: boolean;
  /** It is what the API promises, whatever it says. */
  valid: boolean;
  text: string;
  calls: string;
  /** All of it, with its end and its count of tokens. */
  said: string;
}

/** Whether all of an answer is in another one, whatever stands around it. */
const holds = (one: Told, other: Told): boolean => one.calls === other.calls && one.text.includes(other.text);

function toldBy({ status, headers, body, ended }: Exchange, protocol: Protocol | undefined): Told {
  const good = status !== null && status < 400 && ended === 'whole';
  if (protocol === undefined) {
    const said = new TextDecoder().decode(body);
    return { usable: good, valid: good, text: said, calls: '', said };
  }
  const decoder = protocol.decoder({ status: status ?? 0, headers, framing: 'close' }, 0);
  const all = gather([...decoder.push(body), ...decoder.end()].flatMap(({ parts }) => parts));
  const valid = good && all.error === undefined && all.end !== undefined;
  const { text = '', refusal = '', end = null, usage = null } = all;
  const calls = canonicalJson(all.calls.map(({ name, arguments: args }) => [name, args]));
  const said = canonicalJson([text, refusal, calls, end, usage]);
  return { usable: valid && (end === 'stop' || end === 'tool-calls'), valid, text, calls, said };
}

/** What a client saw, in a few words. */
export function shown({ status, headers, body, chunks, ms, ...seen }: Exchange): string {
  const wait = header(headers, 'retry-after');
  const head = [status === null ? 'no head' : `HTTP ${status}`, wait && `retry-after ${wait}`];
  const size = status === null ? [] : [`${body.length} bytes in ${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`];
  return [...head, ...size, `${endOf(seen)} after ${ms} ms`].filter(Boolean).join(', ');
}

const ENDS: Record<Exchange['ended'], string> = {
  whole: 'over',
  reset: 'reset',
  closed: 'closed',
  left: 'no end',
};
const endOf = ({ ended }: Pick<Exchange, 'ended'>): string => ENDS[ended];
