import type { Source } from '../core/golden-task.ts';
import { entryOf, once, remembering } from '../core/once.ts';
import { toldIn } from '../text/told.ts';
import { unique } from '../text/words.ts';
import { asMaterial, givenIn, isAsked, isTelling, LEAST_LETTERS, type TaskWords } from './given.ts';

/** So many words in a row are nobody's by chance. */
const RUN = 8;

/**
 * Finds what texts hold of other tenants: tasks by their question word for word, sources by eight words in a row. What stands in
 * the task itself, or in any source of its own tenant, is no one else's. Gives names of tasks and ids of sources.
 */
export function createForeignSearch(
  tasks: readonly TaskWords[],
  sources: readonly Source[],
): (texts: readonly string[], task: string) => string[] {
  const named = new Map(tasks.map((task) => [task.name, task]));
  /** By each run of words, the sources that hold it. */
  const holding = new Map<string, Source[]>();
  for (const source of sources)
    for (const run of runsIn(asMaterial(source))) entryOf(holding, run, () => []).push(source);
  const searchFor = once((task: TaskWords) => {
    const given = givenIn(task);
    const isOwn = ({ tenant }: { tenant: string }) => tenant === task.tenant;
    const own = [...given, ...sources.filter(isOwn).map(asMaterial)];
    const questions = tasks.filter((one) => !isOwn(one) && isTelling(one) && !isAsked(one, own));
    const foreignOf = (run: string) => {
      const all = holding.get(run);
      return all === undefined || all.some(isOwn) || isSaid(run, given) ? [] : all.map(({ id }) => id);
    };
    return remembering((text) => {
      const asked = questions.filter((one) => isAsked(one, [text])).map(({ name }) => name);
      return unique([...asked, ...runsIn(text).flatMap(foreignOf)]);
    });
  });
  return (texts, name) => {
    const task = named.get(name);
    if (task === undefined) return [];
    const search = searchFor(task);
    // The same texts come again and again; an id is too short to look at.
    return unique(texts.flatMap((text) => (text.length < LEAST_LETTERS ? [] : search(text))));
  };
}

const isSaid = (run: string, texts: readonly string[]) => texts.some((text) => toldIn(text).line.includes(`${run} `));

/** All runs of so many words, each with a blank before it. */
function runsIn(text: string): string[] {
  const { line } = toldIn(text);
  const blanks: number[] = [];
  for (let at = line.indexOf(' '); at >= 0; at = line.indexOf(' ', at + 1)) blanks.push(at);
  return blanks.slice(RUN).map((end, i) => line.slice(blanks[i], end));
}
