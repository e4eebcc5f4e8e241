import { stringify } from 'yaml';
import { guessOf } from '../../checks/notice-guesses.ts';
import { templateOf } from '../../checks/notice-templates.ts';
import type { Unit } from '../../checks/notice-units.ts';
import type { Catalogue } from '../../config/catalogue-type.ts';
import type { Reading } from '../../core/notices.ts';
import type { TaskReport } from '../../core/report.ts';
import type { StoredInputs } from '../../judge/plan.ts';
import { judgeStored, type StoredRun } from '../../judge/stored-run.ts';
import { groupedBy } from '../../reporters/digest.ts';
import { visible } from '../../reporters/json.ts';
import { clean } from '../../reporters/words.ts';
import { readerOf } from '../../text/readings.ts';
import type { Terminal } from '../terminal.ts';
import { openRun } from './report.ts';

/** A text that nobody has read, or several that differ in their values. */
interface Unread extends Reading {
  guess: true;
  times: number;
  /** Drill and phase. */
  where: string[];
  /** What it is: a whole notice, a part of one, or an answer. */
  part: Part;
  /** It stands in a notices file already, marked as a guess. */
  marked: boolean;
}

type Part = Unit['part'] | 'answer';

/** Lists what nobody has read in a stored run, ready to paste into notices.yaml. */
export function notices(folder: string, { json }: { json: boolean }, catalogue: Catalogue, terminal: Terminal): void {
  const run = openRun(folder, terminal);
  const found = unreadIn(run, catalogue);
  terminal.stdout.write(json ? visible(`${JSON.stringify({ notices: found }, null, 2)}\n`) : pasteable(found));
}

interface Seen {
  text: string;
  where: string;
  part: Part;
}

function unreadIn(run: StoredRun, catalogue: Catalogue): Unread[] {
  const seen: Seen[] = [];
  const named = new Set<string>();
  const guesses = new Map<string, Reading>();
  judgeStored(run, catalogue.checks, new Map(), {
    onDrill(drill, { workflow }) {
      for (const task of drill.tasks) {
        const where = clean(`${drill.name} ${task.phase}`);
        const texts = new Set(task.checks.flatMap((cell) => cell.unread ?? []));
        for (const text of texts) seen.push({ text, where, part: partOf(text, task) });
      }
      for (const tool of toolsOf(workflow)) named.add(tool);
      for (const one of workflow.notices) if (one.guess === true) guesses.set(one.text, one);
    },
  });
  const tools = [...named];
  const guessed = readerOf(
    [...guesses.values()].map(({ text, means }) => ({ text, means })),
    tools,
  );
  return [...groupedBy(seen, ({ text }) => templateOf(text, tools))]
    .map(([template, all]): Unread => {
      const texts = new Set(all.map((one) => one.text));
      const [first] = all;
      // A value that is always the same belongs to the text.
      const text = texts.size > 1 ? template : first.text;
      const { part } = first;
      return {
        ...{ text, means: guessOf(text, part), guess: true, times: all.length, part },
        where: [...new Set(all.map((one) => one.where))],
        marked: [...texts].every((one) => guessed(one) !== undefined),
      };
    })
    .toSorted((a, b) => b.times - a.times);
}

const toolsOf = ({ contract, tools }: StoredInputs['workflow']): string[] => [
  ...Object.keys(contract?.permissions?.tools ?? {}),
  ...tools.map((tool) => tool.name),
];

function partOf(text: string, { outcome }: TaskReport): Part {
  if (outcome.kind === 'hung') return 'whole';
  const { notice } = outcome;
  if (typeof notice === 'string') return notice === text ? 'whole' : 'answer';
  const parts = ['works', 'limited', 'action', 'saved', 'next'] as const;
  return parts.find((part) => notice?.[part] === text) ?? 'answer';
}

const MOST_PLACES = 4;

function pasteable(found: readonly Unread[]): string {
  const fresh = found.filter((one) => !one.marked);
  const waiting = found.length - fresh.length;
  const waits = `# ${waiting} of the texts in notices.yaml ${waiting === 1 ? 'is' : 'are'} marked as guesses still: remove \`guess: true\` once it is right.\n`;
  if (found.length === 0) return '# Every text of this run that could be judged has been read.\n';
  if (fresh.length === 0) return waits;
  const entries = fresh.map(({ text, means, guess, times, where, part }) => {
    const more = where.length - MOST_PLACES;
    const places = `${where.slice(0, MOST_PLACES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const what = part === 'whole' ? 'notice' : part === 'answer' ? 'answer' : `notice, part \`${part}\``;
    // In quotes it can be written by its number.
    const defaultStringType = visible(text) === text ? 'PLAIN' : 'QUOTE_DOUBLE';
    const written = stringify([{ text, means, guess }], { lineWidth: 0, defaultStringType, defaultKeyType: 'PLAIN' });
    const entry = visible(written).trimEnd().replace(/^/gm, '  ');
    return `  # ${what}, ${times === 1 ? 'once' : `${times} times`}: ${places}\n${entry}\n`;
  });
  const head =
    '# The unread texts. Paste them into notices.yaml, set each meaning right, and remove `guess: true`:\n# until then the text counts as unread. `drill explain notices` says what may stand in `means`.\n';
  return `${head}${waiting > 0 ? waits : ''}notices:\n${entries.join('')}`;
}
