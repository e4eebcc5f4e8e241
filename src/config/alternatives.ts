import { parse } from 'yaml';
import { Drill, type Each, FaultUse, paramsOf, placeOf, type WrittenDrill } from '../core/drill.ts';
import { DrillError } from '../core/errors.ts';
import type { Fault } from '../core/plugin.ts';
import { isRecord, type Json } from '../text/json.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import type { LoadedDrill } from './loaded-drill.ts';
import type { Locate, Path, Problems } from './problems.ts';

type Faults = Pick<Catalogue, 'faults'>;

/** One of the drills that a matrix is made of. */
interface Alternative {
  name: string;
  faults: FaultUse[];
  stream: boolean | undefined;
  /** Any call of any target has what it breaks. */
  anywhere: boolean;
  /** Features of which the target has to claim one. */
  require: readonly string[] | undefined;
  /** Where it stands in its file. */
  at: Path;
}

/** A drill as it is run: it has no alternatives any more. */
export interface PlannedDrill extends Omit<LoadedDrill, 'drill'> {
  drill: Drill;
}

/** A file as one drill, with all that it tries at once: what `--fault` takes the place of. */
export function undivided(loaded: LoadedDrill, from: Faults): PlannedDrill {
  const tried = alternativesOf(loaded.drill, from).flatMap(({ faults }) => faults);
  const phases = loaded.drill.phases.map(({ each, stream, ...phase }) => ({
    ...phase,
    ...hintOf(stream),
    faults: each === undefined ? phase.faults : [...phase.faults, ...tried],
  }));
  return { ...loaded, drill: { ...loaded.drill, phases } };
}

/**
 * The drills that a file stands for: itself, or one for each alternative, whose definition says what it is made of. Names
 * and seeds are all that tells them apart from a drill of one's own.
 */
export function drillsOf(loaded: LoadedDrill, from: Faults): PlannedDrill[] {
  const { drill, definition, source, place } = loaded;
  const phase = matrixAt(drill);
  if (phase === undefined) return [undivided(loaded, from)];
  return alternativesOf(drill, from).map(({ name, faults, stream, require, at }) => {
    const phases = Array.isArray(definition['phases']) ? definition['phases'] : [];
    const written = phases.map((one: Json, i) => {
      if (i !== phase) return one;
      const { each, stream: _, ...rest } = one;
      return { ...rest, ...hintOf(stream), faults: [...(drill.phases[i]?.faults ?? []), ...faults] };
    });
    const own = { ...definition, drill: `${drill.drill}/${name}`, ...(require && { require }), phases: written };
    const { $schema, ...shaped }: Json = { expect: {}, ...own };
    return {
      ...loaded,
      drill: Drill.parse(shaped),
      definition: own,
      source: { ...source, line: place(at).line ?? source.line },
    };
  });
}

/** The one that a user has named. Throws a DrillError. */
export function alternativeNamed(name: string, { drill }: LoadedDrill, from: Faults): string {
  const known = matrixAt(drill) === undefined ? [] : alternativesOf(drill, from).map((one) => one.name);
  if (known.includes(name)) return `${drill.drill}/${name}`;
  const none = known.length === 0;
  throw new DrillError({
    message: none ? `${drill.drill} has no alternatives` : `${drill.drill} has no alternative "${name}"`,
    place: { file: `${drill.drill}/${name}` },
    fix: none ? `run it as ${drill.drill}` : suggest(name, known, 'alternatives'),
  });
}

/** What is wrong with alternatives beyond their shape. */
export function tellAlternatives(told: Problems, drill: WrittenDrill, place: Locate, from: Faults): void {
  const [first, ...more] = drill.phases.flatMap(({ each }, i) => (each === undefined ? [] : [i]));
  for (const i of more)
    told.tell(
      place(['phases', i, 'each'], 'key'),
      `phases[${i}].each: one phase of a drill may have alternatives, and phases[${first}] has`,
      'write a drill of its own, or put what does not differ under `faults`',
    );
  for (const [i, { each, stream }] of drill.phases.entries())
    if (stream === 'either' && each === undefined)
      told.tell(
        place(['phases', i, 'stream']),
        `phases[${i}].stream may be either only beside each`,
        'write true or false',
      );
  if (first === undefined || more.length > 0) return;
  const seen = new Map<string, Path>();
  for (const { name, at } of alternativesOf(drill, from)) {
    const before = seen.get(name);
    if (before === undefined) seen.set(name, at);
    else
      told.tell(
        place(at),
        `two alternatives are called "${name}"; the other stands in line ${place(before).line}`,
        'give one of them another name: `{ name: …, faults: […] }`',
      );
  }
}

/** The phase that has alternatives. */
function matrixAt({ phases }: WrittenDrill): number | undefined {
  const at = phases.findIndex(({ each }) => each !== undefined);
  return at < 0 ? undefined : at;
}

/** Nothing where the drill is none. */
export function alternativesOf(drill: WrittenDrill, { faults }: Faults): Alternative[] {
  const at = matrixAt(drill);
  const phase = drill.phases[at ?? 0];
  if (at === undefined || phase?.each === undefined) return [];
  const home = ['phases', at, 'each'];
  const plain = entriesOf(phase.each, faults);
  const named = new Map(nameUses(plain.flatMap((one) => (one.name === undefined ? [one.faults] : []))));
  return plain.flatMap(({ name, stream: own, faults: uses, require = drill.require, index }) => {
    const needs = new Set(uses.map((use) => needOf(use, faults)));
    const one = {
      name: name ?? named.get(uses) ?? '',
      faults: uses,
      anywhere: require === undefined && needs.size === 1 && needs.has(undefined),
      require,
      at: index === undefined ? home : [...home, index],
    };
    const stream = own ?? phase.stream;
    if (stream !== 'either') return [{ ...one, stream }];
    // What breaks streams only has nothing to break without one, and the other way round.
    if (needs.size === 1 && needs.has('stream')) return [{ ...one, stream: true }];
    if (needs.size === 1 && needs.has('whole')) return [{ ...one, stream: false }];
    return [
      { ...one, stream: false },
      { ...one, name: `${one.name}_streamed`, stream: true },
    ];
  });
}

interface Entry {
  name?: string | undefined;
  stream?: boolean | undefined;
  faults: FaultUse[];
  require?: readonly string[];
  /** Its place in the list, where it has one. */
  index?: number;
}

function entriesOf(each: Each, faults: readonly Fault[]): Entry[] {
  if (Array.isArray(each))
    return each.map((one, index) =>
      'fault' in one ? { faults: [FaultUse.parse(one)], index } : { ...one, faults: [...one.faults], index },
    );
  const { role, tool } = each;
  return faults.flatMap((fault) => {
    if (fault.kind === 'tool' && tool === undefined) return [];
    const where = fault.kind === 'tool' ? { tool } : { role };
    return trialsOf(fault).map((params) => ({
      faults: [FaultUse.parse({ ...params, fault: fault.name, ...where })],
      ...(fault.feature && { require: [fault.feature] }),
    }));
  });
}

/** With which parameters a fault is tried. */
export function trialsOf(fault: Fault): Json[] {
  return fault.trials?.filter(isRecord) ?? [paramsOf(exampleOf(fault))];
}

/** A fault as its example uses it. */
export const exampleOf = ({ example }: Fault): FaultUse => FaultUse.parse(parse(example));

/** A fault in the place of its example, with each set of parameters that is worth a try: at least with those of the example. */
export function usesOf(fault: Fault): FaultUse[] {
  const example = exampleOf(fault);
  const { role, tool } = example;
  const tried = trialsOf(fault).map((params) => FaultUse.parse({ ...params, fault: fault.name, role, tool }));
  return tried.length > 0 ? tried : [example];
}

/** What a fault needs of the calls that it breaks, with the parameters it is used with. */
export const needOf = (use: FaultUse, faults: readonly Fault[]) =>
  faults.find(({ name }) => name === use.fault)?.needsOf(paramsOf(use));

/** Each by the names of its faults; those that would be called the same, by their parameters, and then by their place. */
function nameUses(all: readonly FaultUse[][]): [FaultUse[], string][] {
  const ways: ((use: FaultUse) => unknown[])[] = [
    ({ fault }) => [fault],
    (use) => [use.fault, ...Object.entries(paramsOf(use)).flatMap(wordsOf)],
    (use) => [use.fault, ...Object.entries(paramsOf(use)).flatMap(wordsOf), placeOf(use)],
  ];
  const name = (uses: readonly FaultUse[][], [way, ...finer]: typeof ways): [FaultUse[], string][] => {
    if (way === undefined) return [];
    const called = uses.map((one) => one.map((use) => snake(way(use))).join('_and_'));
    return [...new Set(called)].flatMap((shared) => {
      const group = uses.filter((_, i) => called[i] === shared);
      if (group.length > 1 && finer.length > 0) return name(group, finer);
      return group.map((one): [FaultUse[], string] => [one, shared]);
    });
  };
  return name(all, ways);
}

/** A text says what it is about; a figure does not. */
function wordsOf([key, value]: [string, unknown]): unknown[] {
  if (typeof value === 'string') return [value];
  if (value === true) return [key];
  if (value === false) return ['no', key];
  return typeof value === 'number' ? [key, value] : [key];
}

const snake = (words: readonly unknown[]): string =>
  words
    .join('_')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/_+$/, '');

const hintOf = (stream: boolean | 'either' | undefined) => (typeof stream === 'boolean' ? { stream } : {});
