import { holds, type Tells, type Told, tellsOf, toldIn } from '../text/told.ts';

/** What the tools give to one task, and the texts that whoever asks it brings along: question, talk, sources. */
export interface TaskResults {
  given: readonly string[];
  turns: readonly { tool: string; returns?: unknown }[];
}

interface Mark {
  tool: string;
  tells: Tells;
  /** What is known from this result alone. */
  own: Tells;
}

/** A given text of fewer words may be part of a result as well. */
const FEW_WORDS = 4;

/**
 * Says which tools' results a text tells. A customer's own question may hold what a tool gave back, so a result is known by
 * what stands in nothing that was given; where it has no such thing, it is told beside that, or its tool is named. Undefined
 * where no result can be known.
 */
export function createResultSearch(tasks: readonly TaskResults[]): ((told: Told) => string[]) | undefined {
  const marks = tasks.flatMap(marksOf);
  if (marks.length === 0) return undefined;
  const given = [...new Set(tasks.flatMap((task) => task.given))]
    .map(toldIn)
    .filter(({ words }) => words.length >= FEW_WORDS)
    .map(({ line }) => line)
    .toSorted((a, b) => b.length - a.length);
  return (told) => {
    const there = marks.filter(({ tells }) => holds(told, tells));
    if (there.length === 0) return [];
    const rest = without(told, given);
    // A tool may give a whole source.
    const beside = ({ texts, numbers }: Tells) =>
      holds(rest, { numbers, texts: texts.filter((text) => !given.some((line) => text.includes(line))) });
    const isTold = ({ tool, tells, own }: Mark) =>
      isNothing(own) ? beside(tells) || rest.line.includes(toldIn(tool).line) : beside(own);
    return [...new Set(there.filter(isTold).map(({ tool }) => tool))];
  };
}

function marksOf({ given, turns }: TaskResults): Mark[] {
  return turns.flatMap(({ tool, returns }) => {
    const tells = tellsOf(returns);
    if (tells === undefined) return [];
    const others = turns.filter((other) => other.tool !== tool).map((other) => JSON.stringify(other.returns ?? null));
    const known = [...given, ...others].map(toldIn);
    const own = {
      texts: tells.texts.filter((text) => !known.some(({ line }) => line.includes(text))),
      numbers: tells.numbers.filter((number) => !known.some(({ all }) => all.has(number))),
    };
    return [{ tool, tells, own }];
  });
}

const isNothing = ({ texts, numbers }: Tells) => texts.length + numbers.length === 0;

function without({ line }: Told, given: readonly string[]): Told {
  const rest = given.reduce((left, one) => left.replaceAll(one, ' '), line);
  const words = rest.trim().split(' ');
  return { line: rest, words, all: new Set(words) };
}
