import type { RecordedRequest } from '../core/cassette.ts';
import { canonicalJson } from '../text/canonical.ts';
import { count } from '../text/words.ts';
import { cutAt, firstDifference } from './excerpt.ts';

/** A recorded request that is like one that has no recording, and where the two differ, in words. */
export interface Near<T> {
  one: T;
  differs: string;
}

/** The one of these that is most like the asked; of the same role, where there is one. Undefined of none. */
export function nearestTo<T>(
  asked: RecordedRequest,
  known: readonly T[],
  requestOf: (one: T) => RecordedRequest,
): Near<T> | undefined {
  let best: { one: T; differences: Difference[]; far: number } | undefined;
  for (const one of known) {
    const differences = differencesOf(requestOf(one), asked);
    const far = differences.reduce((sum, { weight }) => sum + weight, 0);
    if (best === undefined || far < best.far) best = { one, differences, far };
  }
  if (best === undefined) return undefined;
  const [first, ...more] = best.differences.map(({ words }) => words);
  const others = more.length === 0 ? '' : `, and ${count(more.length, 'more difference')}`;
  return { one: best.one, differs: `${first ?? 'they are the same'}${others}` };
}

interface Difference {
  words: string;
  /** How far apart it sets two requests. */
  weight: number;
}

const OTHER_ROLE = 1000;
const OTHER_TURN = 100;

/** Where a request says something else than a recorded one, from what tells most to what tells least. */
function differencesOf(recorded: RecordedRequest, asked: RecordedRequest): Difference[] {
  const found: Difference[] = [];
  const tell = (words: string, weight = 1) => void found.push({ words, weight });
  const { messages: before, tools = [], ...rest } = recorded;
  const { messages: now, tools: offered = [], ...asks } = asked;

  if (recorded.role !== asked.role) tell(`the role is ${asked.role}, recorded ${recorded.role}`, OTHER_ROLE);
  if (before.length !== now.length)
    tell(`it has ${count(now.length, 'message')}, recorded ${before.length}`, OTHER_TURN);
  for (const [i, message] of now.slice(0, before.length).entries()) {
    const was = before[i];
    if (was === undefined || canonicalJson(was) === canonicalJson(message)) continue;
    const which = `message ${i + 1} (${message.role})`;
    if (was.role !== message.role) tell(`${which} is recorded as one of role ${was.role}`, OTHER_TURN);
    else if (was.content === message.content) tell(`${which} has other tool calls or pictures`, 1);
    else tell(...inWords(which, was.content, message.content));
  }
  const names = (list: typeof tools) => list.map((tool) => tool.name).join(', ') || 'none';
  if (names(tools) !== names(offered)) tell(`the tools are ${names(offered)}, recorded ${names(tools)}`);
  else
    for (const [i, tool] of offered.entries()) {
      const [was, is] = [canonicalJson(tools[i]), canonicalJson(tool)];
      if (was !== is) tell(...inWords(`the tool ${tool.name}`, was, is));
    }
  const fields = new Set([...Object.keys(rest), ...Object.keys(asks)]);
  for (const field of fields) {
    if (field === 'role') continue;
    const [was, is] = [shown(Reflect.get(rest, field)), shown(Reflect.get(asks, field))];
    if (was !== is) tell(`${field} is ${cutAt(is, 0)}, recorded ${cutAt(was, 0)}`);
  }
  return found;
}

/** Where two texts part, and what each says there. */
function inWords(which: string, was: string, is: string): [words: string, weight: number] {
  const { at, unlike } = firstDifference(was, is);
  return [`${which} says “${cutAt(is, at)}” where “${cutAt(was, at)}” was recorded`, 1 + 50 * unlike];
}

const shown = (value: unknown): string => (value === undefined ? 'not said' : canonicalJson(value));
