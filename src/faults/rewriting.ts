import { gather } from '../core/gathered.ts';
import type { ModelCall, ToolCall } from '../core/model-call.ts';
import type { Around, MeaningInjection } from '../core/plugin.ts';
import { type EndReason, type Part, withParts } from '../core/wire.ts';

/** A whole good reply, taken together. */
export interface Said {
  text: string;
  calls: ToolCall[];
}

/** What is said instead; text or calls it does not name stay as they are. */
export interface Edit extends Partial<Said> {
  /** For the trace: what was done to the reply. */
  did: string;
  reason?: EndReason;
}

/** Tells the parts of a reply, where there is one, in another way. */
export const retelling =
  (tell: (parts: AsyncIterable<Part>, call: ModelCall, around: Around) => AsyncIterable<Part>): MeaningInjection =>
  async (call, next, around) =>
    withParts(await next(call), (parts) => tell(parts, call, around));

/**
 * Edits whole replies: waits for the last part, then sends the edited text on in pieces of the old sizes, with the old gaps.
 * A reply that is an error, a refusal or cut short is left alone; so is one for which `edit` gives nothing. Those go on at
 * once when their last part is there.
 */
export const rewriting = (edit: (said: Said, call: ModelCall, around: Around) => Edit | undefined): MeaningInjection =>
  retelling((parts, call, around) => rewritten(parts, around, (said) => edit(said, call, around)));

/** A part, and how many milliseconds after the one before it came. */
interface Heard {
  part: Part;
  gap: number;
}

async function* rewritten(
  parts: AsyncIterable<Part>,
  { clock, signal, fired }: Around,
  edit: (said: Said) => Edit | undefined,
): AsyncGenerator<Part> {
  const heard: Heard[] = [];
  let last = clock.now();
  for await (const part of parts) {
    const now = clock.now();
    heard.push({ part, gap: now - last });
    last = now;
  }
  const said = saidIn(heard.map((h) => h.part));
  const change = said === undefined ? undefined : edit(said);
  if (said === undefined || change === undefined) {
    for (const { part } of heard) yield part;
    return;
  }
  fired(change.did, { buffered: true });
  for (const [i, { part, gap }] of retell(heard, said, change).entries()) {
    if (i > 0 && gap > 0) await clock.sleep(gap, signal);
    yield part;
  }
}

/** Undefined where it is no whole good reply. */
function saidIn(parts: readonly Part[]): Said | undefined {
  const { text = '', calls, end } = gather(parts);
  return end === 'stop' || end === 'tool-calls' ? { text, calls } : undefined;
}

function retell(heard: readonly Heard[], old: Said, change: Edit): Heard[] {
  const of = (...types: Part['type'][]) => heard.filter(({ part }) => types.includes(part.type));
  const { text = old.text, calls = old.calls } = change;
  const spoken = change.calls === undefined ? of('tool-call', 'tool-call-delta') : calls.flatMap(speak);
  const reason = change.reason ?? (calls.length > 0 ? 'tool-calls' : 'stop');
  // The provider counts what it says, and at least its end.
  const [before, after] = [lengthOf(old), lengthOf({ text, calls })];
  const ending = of('usage', 'end').map(({ part, gap }): Heard => {
    if (part.type === 'end') return { part: part.reason === reason ? part : { ...part, reason }, gap };
    if (part.type !== 'usage' || before === 0 || before === after) return { part, gap };
    return { part: { ...part, output: Math.max(1, Math.ceil((part.output * after) / before)) }, gap };
  });
  return [...cut(text, of('text-delta')), ...spoken, ...ending];
}

const lengthOf = ({ text, calls }: Said) => calls.reduce((sum, call) => sum + call.arguments.length, text.length);

function speak({ id, name, arguments: args }: ToolCall): Heard[] {
  const begin: Heard = { part: { type: 'tool-call', id, name }, gap: 0 };
  return args === '' ? [begin] : [begin, { part: { type: 'tool-call-delta', id, arguments: args }, gap: 0 }];
}

/** In pieces as long as the old ones; what is longer than all of them goes on in pieces like the last. No character is torn. */
function cut(text: string, old: readonly Heard[]): Heard[] {
  const pieces: Heard[] = [];
  for (let at = 0; at < text.length; ) {
    const like = old[Math.min(pieces.length, old.length - 1)];
    const size = like?.part.type === 'text-delta' ? Math.max(1, like.part.text.length) : text.length;
    const torn = /[\ud800-\udbff]/.test(text.charAt(at + size - 1));
    const piece = text.slice(at, at + size + (torn ? 1 : 0));
    const same = like?.part.type === 'text-delta' && like.part.text === piece;
    pieces.push({ part: same ? like.part : { type: 'text-delta', text: piece }, gap: like?.gap ?? 0 });
    at += piece.length;
  }
  return pieces;
}
