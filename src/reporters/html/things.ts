import type { BodyLine, SaidMessage, SaidReply } from '../../core/bodies.ts';
import { entryOf } from '../../core/once.ts';
import { BASELINE } from '../../core/trace.ts';
import type { Thing } from '../../page/data.ts';
import { parseJson } from '../../text/json.ts';

type Said = Exclude<BodyLine, { call: string } | { full: number }>;
type CallLine = Extract<BodyLine, { call: string }>;

/** Which things a call sent and got. */
export interface Link {
  sent: number | null;
  came: number | null;
}

/** What was said in a run, as texts that a page shows; each thing has a number. */
export class Things {
  readonly all: Thing[] = [];
  /** Some of what was said was not kept. */
  full = false;
  readonly #numbers = new Map<string, number>();
  readonly #requests = new Map<string, number>();
  /** By drill, then by world and call. */
  readonly #links = new Map<string, Map<string, Link>>();

  take(line: BodyLine): void {
    if ('full' in line) this.full = true;
    else if ('body' in line) this.#numbers.set(line.body, this.#add(thingOf(line)));
    else this.#link(line);
  }

  /** Numbers of calls are used again in each of the two worlds of a drill. */
  linkOf(drill: string, phase: string, call: string): Link | undefined {
    return this.#links.get(drill)?.get(keyOf(phase, call));
  }

  forget(drill: string): void {
    this.#links.delete(drill);
  }

  #add(thing: Thing): number {
    return this.all.push(thing) - 1;
  }

  #link(line: CallLine): void {
    const calls = entryOf(this.#links, line.drill, () => new Map<string, Link>());
    const link = entryOf(calls, keyOf(line.phase, line.call), () => ({ sent: null, came: null }));
    if ('came' in line) link.came = this.#numbers.get(line.came) ?? null;
    else link.sent = this.#requestOf(line.sent);
  }

  #requestOf({ model, messages, tools, schema }: Extract<CallLine, { sent: unknown }>['sent']): number {
    const parts = [...messages, ...tools, ...(schema === null ? [] : [schema])].flatMap(
      (id) => this.#numbers.get(id) ?? [],
    );
    return entryOf(this.#requests, JSON.stringify([model, parts]), () => this.#add({ model, parts }));
  }
}

const keyOf = (phase: string, call: string) => `${phase === BASELINE ? 'plain' : 'drill'} ${call}`;

function thingOf(line: Said): Thing {
  const cut = line.cut === undefined ? {} : { cut: line.cut };
  if ('message' in line) return { title: titleOf(line.message), text: messageText(line.message), ...cut };
  if ('reply' in line) return { title: 'reply', text: replyText(line.reply), ...cut };
  if ('tool' in line) return { title: `tool ${String(line.tool['name'] ?? '')}`, text: pretty(line.tool), ...cut };
  return { title: 'schema of the reply', text: pretty(line.schema), ...cut };
}

const titleOf = ({ role, answers }: SaidMessage) => (answers === undefined ? role : `${role}, to ${answers}`);

const messageText = ({ content, tool_calls = [], images = [] }: SaidMessage): string =>
  lines(readable(content), ...images.map((kind) => `[a picture, ${kind}]`), ...tool_calls.map(askedFor));

function replyText({ text, refusal, tool_calls = [], error, end }: SaidReply): string {
  return lines(
    text === undefined ? '' : readable(text),
    refusal === undefined ? '' : `[refused] ${refusal}`,
    ...tool_calls.map(askedFor),
    error === undefined ? '' : `[error: ${error.mode}] ${error.message}`,
    end === undefined && error === undefined ? '[broke off here]' : '',
  );
}

const askedFor = ({ name, arguments: args }: { name: string; arguments: string }) =>
  `[calls ${name}] ${readable(args)}`;
const lines = (...some: string[]) => some.filter((line) => line !== '').join('\n');
const pretty = (value: unknown) => JSON.stringify(value, null, 2) ?? '';

/** JSON is put on lines, so that two of it can be compared. */
function readable(text: string): string {
  const value = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
  return typeof value === 'object' && value !== null ? pretty(value) : text;
}
