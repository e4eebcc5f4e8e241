import type { BodyLine, SaidMessage, SaidReply } from '../core/bodies.ts';
import type { Gathered } from '../core/gathered.ts';
import type { Message, ModelCall, ToolCall } from '../core/model-call.ts';
import { once } from '../core/once.ts';
import type { Bodies } from '../core/stand.ts';
import type { Redaction } from '../redaction/redact.ts';
import { digest } from './digest.ts';

/** So many bytes of one thing are kept. */
const LONGEST = 64 * 1024;
/** So many different things are remembered: of what is more, some are handed on again. */
const MOST_KNOWN = 20_000;

type Thing = { message: SaidMessage } | { reply: SaidReply } | { tool: object } | { schema: unknown };

interface Options {
  drill: string;
  phase(): string;
  redaction: Redaction;
  /** Gets each thing once in a world, before the calls that name it. */
  keep(line: BodyLine): void;
}

/** Keeps what calls said, redacted, each thing once. */
export function createBodies({ drill, phase, redaction, keep }: Options): Bodies {
  /** What was kept, by a digest of what was said: most is said again and again. */
  const known = new Map<string, string>();

  function idOf(thing: Thing): string {
    const said = digest(JSON.stringify(thing));
    const before = known.get(said);
    if (before !== undefined) return before;
    const clean = redaction.value(thing);
    const json = JSON.stringify(clean);
    const bytes = Buffer.byteLength(json);
    const whole = bytes <= LONGEST;
    const kept = whole ? clean : shortened(clean, Math.floor((LONGEST * json.length) / bytes));
    const body = digest(whole ? json : JSON.stringify(kept));
    keep({ body, ...kept, ...(!whole && { cut: json.length }) } as BodyLine);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(said, body);
    return body;
  }
  const of = ({ id: call, ask }: ModelCall) => ({ call, drill, phase: phase(), ask });
  /** Equal requests are read once, and share their messages. */
  const sentIn = once((messages: readonly Message[], { tools, responseSchema, model }: ModelCall) => ({
    model: redaction.text(model),
    messages: messages.map((message) => idOf({ message: messageOf(message) })),
    tools: tools.map((tool) => idOf({ tool })),
    schema: responseSchema === undefined ? null : idOf({ schema: responseSchema.schema }),
  }));

  return {
    sent: (call) => keep({ ...of(call), sent: sentIn(call.messages, call) }),
    came(call, said) {
      const reply = replyOf(said);
      if (Object.keys(reply).length > 0) keep({ ...of(call), came: idOf({ reply }) });
    },
  };
}

const callsOf = (calls: readonly ToolCall[]) => ({
  ...(calls.length > 0 && { tool_calls: calls.map(({ name, arguments: args }) => ({ name, arguments: args })) }),
});

const messageOf = ({ role, content, toolCalls = [], toolCallId, images = [] }: Message): SaidMessage => ({
  ...{ role, content },
  ...callsOf(toolCalls),
  ...(toolCallId !== undefined && { answers: toolCallId }),
  ...(images.length > 0 && { images: images.map(({ media_type }) => media_type) }),
});

const replyOf = ({ text, refusal, calls, error, end }: Gathered): SaidReply => ({
  ...(text !== undefined && { text }),
  ...(refusal !== undefined && { refusal }),
  ...callsOf(calls),
  ...(error !== undefined && { error: { mode: error.mode, message: error.message } }),
  ...(end !== undefined && { end }),
});

/** The same with so many characters of text at most; what comes later is left out. */
function shortened<T>(value: T, most: number): T {
  let left = most;
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') {
      const kept = one.slice(0, Math.max(0, left)).replace(/[\ud800-\udbff]$/, '');
      left -= kept.length;
      return kept;
    }
    left -= 8;
    if (Array.isArray(one)) return one.flatMap((item) => (left > 0 ? [walk(item)] : []));
    if (typeof one !== 'object' || one === null) return one;
    // What a thing has to have comes first in it.
    const entries = Object.entries(one).flatMap(([key, item], i) => {
      if (left <= 0 && i > 1) return [];
      left -= key.length;
      return [[key, walk(item)] as const];
    });
    return Object.fromEntries(entries);
  };
  return walk(value) as T;
}
