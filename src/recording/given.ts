import type { Source } from '../core/golden-task.ts';
import type { Message, ModelCall } from '../core/model-call.ts';
import { entryOf, once, remembering } from '../core/once.ts';
import type { CallFacts } from '../core/stand.ts';
import { isRecord, parseJson } from '../text/json.ts';
import { toldIn } from '../text/told.ts';
import { talkIn } from './talk.ts';

/** What is known of a golden task before anyone asks it. */
export interface TaskWords {
  name: string;
  tenant: string;
  input: string;
  history: readonly { role: 'user' | 'assistant'; content: string }[];
  /** Ids of its sources. */
  sources: readonly string[];
  /** Whatever else belongs to it and not to anyone's instructions: sources, what its tools give, schemas. */
  material: readonly string[];
}

type Given = Pick<ModelCall, 'task' | 'messages' | 'responseSchema'>;

/** A question that is shorter may be anybody's. */
const TELLING_WORDS = 4;
export const LEAST_LETTERS = 20;

/** Whether nobody else would say the same by chance. */
export const isTelling = ({ input }: TaskWords) =>
  input.length >= LEAST_LETTERS && toldIn(input).words.length >= TELLING_WORDS;

/** A source as part of a task's material. */
export const asMaterial = ({ id, text }: Pick<Source, 'id' | 'text'>) => `${id} ${text}`;

/** All texts that belong to a task. */
export const givenIn = ({ input, history, material }: TaskWords) => [
  input,
  ...history.map((h) => h.content),
  ...material,
];

/** Says of a call how it puts its task, in numbers and names: nothing of its words is kept. */
export function createCallReader(tasks: readonly TaskWords[]): (call: Given) => CallFacts {
  const readers = new Map<string, ReturnType<typeof readerOf>>();
  return ({ task: name, messages, responseSchema }) => {
    const task = tasks.find((t) => t.name === name);
    if (task === undefined) return {};
    return entryOf(readers, name, () => readerOf(task, tasks))(messages, responseSchema?.schema);
  };
}

function readerOf(task: TaskWords, tasks: readonly TaskWords[]) {
  const { input, history, material } = task;
  const question = toldIn(input).words;
  const given = givenIn(task);
  const own = new Set(given.flatMap((text) => toldIn(text).words));
  /** Words of the question that the other task's texts do not hold; undefined where its question is quoted in this task's own. */
  const wordsBeside = once((other: TaskWords): string[] | undefined => {
    const theirs = new Set(givenIn(other).flatMap((text) => toldIn(text).words));
    return isAsked(other, given) ? undefined : question.filter((word) => !theirs.has(word));
  });
  /** Whether the last turn asks for the other task, and next to nothing is left of the question itself. */
  const isReplacedBy = (other: TaskWords, turn: string): boolean => {
    if (!isTelling(other) || !isAsked(other, [turn])) return false;
    const own = wordsBeside(other) ?? [];
    return own.length > 0 && own.filter((word) => toldIn(turn).all.has(word)).length <= FEW * own.length;
  };
  const quotes = quotesIn(material, question);
  const saidBefore = history.filter((h) => placesOf(toldIn(h.content).words, question).length > 0).length;
  const instructing = remembering((text) => [...toldIn(withoutSchemas(text)).all].filter((word) => !own.has(word)));

  const read = (messages: readonly Message[], schema: string): CallFacts => {
    const asked = messages.filter((m) => m.role === 'system' || m.role === 'user');
    const words = new Set(asked.flatMap((m) => instructing(m.content)));
    for (const word of toldIn(schema).words) words.delete(word);
    const questions = timesAsked(messages, (text) => turnsIn(toldIn(text).words, question, quotes, saidBefore));
    const texts = messages.map((m) => m.content);
    const turn = messages.findLast((m) => m.role === 'user')?.content ?? '';
    const [other, ...more] = isAsked(task, texts) ? [] : tasks.filter((one) => isReplacedBy(one, turn));
    return {
      ...(questions === 0 ? {} : { questions }),
      ...(other !== undefined && more.length === 0 && { other_question: other.name }),
      instructions: sizeOf(words),
      ...(history.length === 0 ? {} : { talk: talkIn(messages, history) }),
    };
  };
  /** The same prompt comes again and again: at every ask of the task, and at every attempt. */
  const known = new Map<string, CallFacts>();
  return once((messages: readonly Message[], schema: object | undefined): CallFacts => {
    const inWords = schema === undefined ? '' : JSON.stringify(schema);
    const key = [inWords, ...messages.map((m) => `${m.role} ${m.content}`)].join('\u0000');
    if (key.length > LONGEST_PROMPT) return read(messages, inWords);
    const facts = known.get(key) ?? read(messages, inWords);
    if (known.size >= MOST_PROMPTS) known.clear();
    known.set(key, facts);
    return facts;
  });
}

/** Whether its question stands there word for word. */
export const isAsked = ({ input }: TaskWords, texts: readonly string[]) =>
  texts.some((text) => toldIn(text).line.includes(toldIn(input).line));

/** So many prompts of a task are remembered, and none that is longer. */
const MOST_PROMPTS = 64;
const LONGEST_PROMPT = 65_536;

/** A language that is written without blanks has a word in about two characters. */
function sizeOf(words: ReadonlySet<string>): number {
  let size = 0;
  for (const word of words)
    if (!/\d/.test(word)) size += /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]$/u.test(word) ? 0.5 : 1;
  return Math.ceil(size);
}

/** So many objects of one text are looked at: a prompt has one schema, or a few. */
const MOST_OBJECTS = 40;

/** Takes out what JSON Schemas stand in it: the provider's field and the prompt say the same, and neither instructs. */
function withoutSchemas(text: string): string {
  let out = '';
  let from = 0;
  let at = text.indexOf('{');
  for (let tried = 0; at >= 0 && tried < MOST_OBJECTS; tried++) {
    const end = closing(text, at);
    if (end < 0) break;
    const value = parseJson(text.slice(at, end));
    if (isRecord(value) && ('properties' in value || '$schema' in value || typeof value['type'] === 'string')) {
      out += text.slice(from, at);
      from = end;
    }
    at = text.indexOf('{', value === undefined ? at + 1 : end);
  }
  return out + text.slice(from);
}

/** Where the object that begins here is over; negative where it never is. */
function closing(text: string, from: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const c = text[at];
    if (c === '\\') at += 1;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === '{') depth += 1;
    else if (!quoted && c === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The longest run of questions that nobody answered: user messages with nothing of the model or of a tool between them. */
function timesAsked(messages: readonly Message[], turnsOf: (text: string) => number): number {
  let longest = 0;
  let run = 0;
  for (const { role, content } of messages) {
    if (role === 'assistant' || role === 'tool') run = 0;
    if (role === 'user') run += turnsOf(content);
    longest = Math.max(longest, run);
  }
  return longest;
}

const before = (words: readonly string[], at: number) => words.slice(Math.max(0, at - 3), at).join(' ');

/** The words before the question where a source quotes it: there nobody asks. */
function quotesIn(material: readonly string[], question: readonly string[]): ReadonlySet<string> {
  const texts = material.map((text) => toldIn(text).words);
  return new Set(texts.flatMap((words) => placesOf(words, question).map(({ from }) => before(words, from))));
}

/** Between two turns that were put into one message may stand so many words that neither begins nor ends it. */
const FEW_WORDS = 7;
const FEW = 0.2;

/**
 * How many turns with the question one message holds. A question that is said before and after its sources is one turn;
 * of a turn that was written twice the other words stand there twice as well.
 */
function turnsIn(
  words: readonly string[],
  question: readonly string[],
  quotes: ReadonlySet<string>,
  saidBefore: number,
): number {
  const found = placesOf(words, question).filter(({ from }) => !quotes.has(before(words, from)));
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const around = new Set([...words.slice(0, first.from), ...words.slice(last.to)]);
  const turns = found.reduce((sum, { from }, i) => {
    const previous = found[i - 1];
    if (previous === undefined) return 1;
    const between = words.slice(previous.to, from);
    const fresh = between.filter((word) => !around.has(word)).length;
    return fresh <= Math.max(FEW_WORDS, FEW * between.length) ? sum + 1 : sum;
  }, 0);
  // A transcript holds what was asked before as well.
  return Math.max(1, turns - saidBefore);
}

/** A question of fewer words is known only word for word. */
const SHORT = 5;
const MOST = 0.8;
/** So many words of the question may be missing in one place. */
const GAP = 4;

/** Where the question stands, one after another: most of its words, in their order. */
function placesOf(words: readonly string[], question: readonly string[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  const loose = question.length >= SHORT;
  const opening = new Set(question.slice(0, loose ? GAP : 1));
  for (let from = 0; from < words.length; from++) {
    if (!opening.has(words[from] ?? '')) continue;
    const to = loose ? endOf(words, from, question) : from + question.length;
    const exact = loose || question.every((word, i) => words[from + i] === word);
    if (to === undefined || !exact) continue;
    found.push({ from, to });
    from = to - 1;
  }
  return found;
}

function endOf(words: readonly string[], from: number, question: readonly string[]): number | undefined {
  let next = 0;
  let hits = 0;
  let to = from;
  for (let at = from; at < Math.min(words.length, from + question.length * 1.25) && next < question.length; at++) {
    const word = words[at];
    const hit = question.slice(next, next + GAP).indexOf(word ?? '');
    if (hit < 0) continue;
    next += hit + 1;
    hits += 1;
    to = at + 1;
  }
  return hits >= MOST * question.length ? to : undefined;
}
