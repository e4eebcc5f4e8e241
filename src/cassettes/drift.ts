import type { RecordedReply } from '../core/cassette.ts';
import { bodyOf } from '../core/cassette-body.ts';
import { gather } from '../core/gathered.ts';
import type { Protocol } from '../core/protocol.ts';
import { framesIn } from './redacted-reply.ts';
import { fieldChanges, shapeOf } from './shape.ts';

/** What of a reply can drift. */
export const DRIFTS = ['status', 'field', 'finish-reason', 'header', 'latency'] as const;

/** Where a fresh reply is of another shape than the recorded one. What it says is none of it. */
export interface Drift {
  what: (typeof DRIFTS)[number];
  kind: 'came' | 'went' | 'changed';
  /** A path of the body, behind the name of an event where it is a stream; the name of a header; which latency. */
  where: string;
  /** Empty where it was not there. */
  was: string;
  /** Empty where it is no more. */
  now: string;
}

/** How a recorded reply and a fresh one to the same request differ. */
export function driftBetween(recorded: RecordedReply, fresh: RecordedReply, protocol: Protocol): Drift[] {
  const changed = (what: Drift['what'], where: string, was: string, now: string): Drift[] =>
    was === now ? [] : [{ what, kind: was === '' ? 'came' : now === '' ? 'went' : 'changed', where, was, now }];
  const status = changed('status', '', String(recorded.status), String(fresh.status));
  // An error has nothing in common with an answer.
  const fields = status.length > 0 ? [] : fieldChanges(shapeOf(bodyOf(recorded)), shapeOf(bodyOf(fresh)));
  return [
    ...status,
    ...fields.map(({ path, ...change }): Drift => ({ what: 'field', where: path, ...change })),
    ...changed('finish-reason', '', endOf(recorded, protocol), endOf(fresh, protocol)),
    ...headerDrift(recorded, fresh, changed),
    ...latencyDrift(recorded, fresh, changed),
  ];
}

type Changed = (what: Drift['what'], where: string, was: string, now: string) => Drift[];

function endOf(reply: RecordedReply, protocol: Protocol): string {
  const { end, error } = gather(framesIn(bodyOf(reply), reply, protocol).flatMap(({ parts }) => parts));
  return error === undefined ? (end ?? 'none') : `an error, ${error.mode}`;
}

/** Values are others in each reply, but for the type of the content. */
function headerDrift(recorded: RecordedReply, fresh: RecordedReply, changed: Changed): Drift[] {
  const [before, after] = [new Map(recorded.headers), new Map(fresh.headers)];
  const typeIn = (headers: Map<string, string>) => headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  const there = (headers: Map<string, string>, name: string) => (headers.has(name) ? 'there' : '');
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return [
    ...changed('header', 'content-type', typeIn(before), typeIn(after)),
    ...names
      .filter((name) => name !== 'content-type')
      .flatMap((name) => changed('header', name, there(before, name), there(after, name))),
  ];
}

/** Classes of latency, by the milliseconds below which they end. */
const CLASSES: readonly (readonly [ms: number, words: string])[] = [
  [300, 'under 0.3 s'],
  [1000, '0.3 to 1 s'],
  [3000, '1 to 3 s'],
  [10_000, '3 to 10 s'],
  [30_000, '10 to 30 s'],
  [Number.POSITIVE_INFINITY, '30 s and more'],
];
/** Near the border of two classes a reply is in the one or the other by chance. */
const FACTOR = 2;

function latencyDrift(recorded: RecordedReply, fresh: RecordedReply, changed: Changed): Drift[] {
  const first = ({ head_ms, chunks }: RecordedReply) => head_ms + (chunks[0]?.[0] ?? 0);
  const whole = ({ head_ms, chunks }: RecordedReply) => head_ms + (chunks.at(-1)?.[0] ?? 0);
  const classOf = (ms: number) => CLASSES.find(([limit]) => ms < limit)?.[1] ?? '';
  const told = (where: string, was: number, now: number) =>
    Math.max(was, now) < FACTOR * Math.min(was, now) ? [] : changed('latency', where, classOf(was), classOf(now));
  return [...told('first bytes', first(recorded), first(fresh)), ...told('whole reply', whole(recorded), whole(fresh))];
}
