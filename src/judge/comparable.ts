import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../core/comparison.ts';
import type { RunReport } from '../core/report.ts';
import { isRecord, type Json } from '../text/json.ts';
import { unique } from '../text/words.ts';
import type { ReadReport } from './read-report.ts';

/** What two runs do not have in common beside the target's own doing: none where they can be compared. */
export function differencesOf(before: ReadReport, now: ReadReport, common: readonly string[]): Difference[] {
  const [was, is] = [before.report, now.report];
  const plain = Object.entries(FACTS).flatMap(([what, of]): Difference[] => {
    const [a, b] = [of(was), of(is)];
    return a === b ? [] : [{ what, before: a, now: b }];
  });
  // A program meets the machine's time, and its Node with it; virtual time is the same on all of them.
  const node = was.time === 'wall' || is.time === 'wall' ? versionOf('node', before, now) : [];
  return [
    ...plain,
    ...ofDeclarations(was.target.declares, is.target.declares),
    ...node,
    ...ofRoles(before, now),
    ...common.flatMap((drill) => ofDrill(drill, before, now)),
    ...unseen(before, now, common),
  ];
}

const FACTS: Record<string, (run: RunReport) => string> = {
  target: ({ target }) => `${target.name} (${target.kind})`,
  seed: ({ seed }) => String(seed),
  time: ({ time }) => time,
  replies: repliesOf,
  faults: faultsOf,
  'version of drill': ({ about }) => about.versions['drill'] ?? 'unknown',
  'prices of': ({ about }) => about.versions['prices'] ?? 'unknown',
};

/** The line that runs it again says where its replies are from. */
function repliesOf({ mode, reproduce }: RunReport): string {
  if (mode === 'live') return 'live';
  return / --replies recorded\b/.test(reproduce) ? 'recorded' : 'mocked';
}

function ofDeclarations(before: Json, now: Json): Difference[] {
  return keysThatDiffer(before, now).map((key) => {
    const [a, b] = [before[key], now[key]];
    return { what: `declared ${key}`, before: promised(a, b), now: promised(b, a) };
  });
}

/** Of a list, what the other side has not; where that is nothing, they stand in another order. */
function promised(own: unknown, other: unknown): string {
  if (own === undefined) return 'none';
  if (!Array.isArray(own)) return JSON.stringify(own);
  const rest: unknown[] = Array.isArray(other) ? other : [];
  const [only, missing] = [own.filter((one) => !rest.includes(one)), rest.filter((one) => !own.includes(one))];
  return (only.length + missing.length === 0 ? own : only).join(', ') || 'none';
}

/** Those of `--fault` take the place of the drills' own. */
function faultsOf({ reproduce }: RunReport): string {
  const given = [...reproduce.matchAll(/ --fault ('[^']*'|\S+)/g)].map(([, fault]) => fault);
  return given.join(', ') || 'as the drills say';
}

function versionOf(what: string, { report: was }: ReadReport, { report: is }: ReadReport): Difference[] {
  const [before = 'unknown', now = 'unknown'] = [was.about.versions[what], is.about.versions[what]];
  return before === now ? [] : [{ what: `version of ${what}`, before, now }];
}

/** Whose model a role is decides what it costs, and live what it says. */
function ofRoles({ roles: before }: ReadReport, { roles: now }: ReadReport): Difference[] {
  const said = (roles: unknown, name: string) => {
    const role = isRecord(roles) ? roles[name] : undefined;
    return isRecord(role) ? `${role['provider']} ${role['model']}` : 'none';
  };
  return keysThatDiffer(before, now).map((name) => {
    const [a, b] = [said(before, name), said(now, name)];
    return { what: `role ${name}`, before: a === b ? 'other' : a, now: a === b ? 'other settings' : b };
  });
}

function ofDrill(drill: string, before: ReadReport, now: ReadReport): Difference[] {
  const definition = ({ report }: ReadReport) => report.drills.find(({ name }) => name === drill)?.definition;
  const changed = keysThatDiffer(definition(before), definition(now));
  const [a, b] = [before.workflows?.get(drill), now.workflows?.get(drill)];
  return [
    ...(changed.length === 0 ? [] : [{ what: 'its file', drill, before: 'other', now: changed.join(', ') }]),
    ...(a === undefined || b === undefined ? [] : ofWorkflow(drill, a, b)),
  ];
}

function ofWorkflow(drill: string, before: unknown, now: unknown): Difference[] {
  return keysThatDiffer(before, now).map((part) => {
    const [a, b] = [named(before, part), named(now, part)];
    if (part !== 'tasks') return { what: `its workflow's ${part}`, drill, before: 'other', now: 'other' };
    const names = unique([...a.keys(), ...b.keys()]);
    const differ = names.filter((name) => !isDeepStrictEqual(a.get(name), b.get(name)));
    const list = (side: ReadonlyMap<string, unknown>) => differ.filter((name) => side.has(name)).join(', ') || 'none';
    return { what: 'golden tasks', drill, before: list(a), now: list(b) };
  });
}

function named(workflow: unknown, part: string): ReadonlyMap<string, unknown> {
  const list = isRecord(workflow) ? workflow[part] : undefined;
  return new Map(Array.isArray(list) ? list.map((one) => [String(isRecord(one) ? one['name'] : ''), one]) : []);
}

function keysThatDiffer(a: unknown, b: unknown): string[] {
  if (!isRecord(a) || !isRecord(b)) return [];
  return unique([...Object.keys(a), ...Object.keys(b)]).filter((key) => !isDeepStrictEqual(a[key], b[key]));
}

/** A run.json alone does not hold the golden tasks; of the same drills it tells whether they are others. */
function unseen(before: ReadReport, now: ReadReport, common: readonly string[]): Difference[] {
  if (before.workflows !== undefined && now.workflows !== undefined) return [];
  const names = ({ report }: ReadReport) => report.drills.map(({ name }) => name).join();
  const same = names(before) === names(now) && common.length > 0;
  const [a, b] = [before.report.about.definition_hash, now.report.about.definition_hash];
  const what = 'drills, golden tasks or contracts (definition_hash)';
  if (same) return a === b ? [] : [{ what, before: a, now: b }];
  return a === b
    ? []
    : [{ what: 'golden tasks: a run.json alone does not hold them', before: 'unknown', now: 'unknown' }];
}
