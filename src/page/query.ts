import type { Row } from './data.ts';

type Found = (row: Row, drill: string) => boolean;

/** What a word before a colon looks at; a name that begins in the same way is meant as well. */
const FIELDS: Record<string, (row: Row, drill: string) => readonly string[]> = {
  verdict: ({ verdict }) => [verdict],
  task: ({ task }) => [task],
  drill: (_, drill) => [drill],
  phase: ({ phase }) => [phase],
  workflow: ({ workflow }) => [workflow],
  tenant: ({ tenant }) => [tenant],
  priority: ({ priority }) => [priority],
  check: ({ checks }) => checks,
  fault: ({ faults }) => faults,
  role: ({ roles }) => roles,
  outcome: ({ outcome }) => [outcome],
};
export const FIELD_NAMES = Object.keys(FIELDS);

/** `verdict:failed -tenant:acme "rate limit"`: all of it holds, of a comma between values any does. What is no field is text. */
export function findBy(query: string): Found {
  const tests = [...query.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S*))/gi)].flatMap(
    ([word, not, name, quoted, plain]) => {
      const value = quoted ?? plain ?? '';
      const field = name === undefined ? undefined : FIELDS[name.toLowerCase()];
      const test = field === undefined ? textTest(quoted ?? word.slice(not?.length)) : fieldTest(field, value);
      if (value === '') return [];
      return [not === '-' ? (...on: Parameters<Found>) => !test(...on) : test];
    },
  );
  return (row, drill) => tests.every((test) => test(row, drill));
}

function fieldTest(field: (row: Row, drill: string) => readonly string[], value: string): Found {
  const wanted = value.toLowerCase().split(',').filter(Boolean);
  return (row, drill) => field(row, drill).some((has) => wanted.some((want) => has.toLowerCase().startsWith(want)));
}

function textTest(text: string): Found {
  const wanted = text.toLowerCase();
  return (row, drill) =>
    [row.task, drill, row.phase, row.what, ...row.checks, ...row.faults].some((has) =>
      has.toLowerCase().includes(wanted),
    );
}

type Order = 'worst' | 'slowest' | 'dearest' | 'asked';
export const ORDERS: Record<Order, string> = {
  worst: 'failures first',
  slowest: 'slowest first',
  dearest: 'dearest first',
  asked: 'as they were asked',
};

const RANK: Record<Row['verdict'], number> = { failed: 0, inconclusive: 1, passed: 2, not_applicable: 3 };

/** What never ended took longest. */
const TIMES: Record<Order, (row: Row) => number> = {
  worst: ({ verdict, checks }) => (checks.length > 0 ? 0 : RANK[verdict]),
  slowest: ({ ms }) => -(ms ?? Number.MAX_SAFE_INTEGER),
  dearest: ({ usd }) => -(usd ?? 0),
  asked: () => 0,
};

export function sorted(rows: readonly Row[], order: string): Row[] {
  const by = TIMES[order as Order] ?? TIMES.worst;
  return [...rows].sort((a, b) => by(a) - by(b));
}
