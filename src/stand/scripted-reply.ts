import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { RoleRules } from '../core/declaration.ts';
import type { Script } from '../core/golden-task.ts';
import { CHARACTERS_A_TOKEN, estimateTokens, type ModelCall } from '../core/model-call.ts';
import type { Random } from '../core/random.ts';
import { readRule } from '../core/tools.ts';
import { inTurn, type Part, type Reply } from '../core/wire.ts';
import { keyOf } from './round-trip.ts';
import { replyTo } from './script.ts';

interface Options {
  clock: Clock;
  random: Random;
  /** Fields of the workflow's output schema; a prompt that names them all is answered with them. */
  schemaFields: readonly string[];
  contract: Contract | undefined;
}

/** What a script says becomes the parts of a reply, at a model's own pace: first a while of thinking, then so many milliseconds a token. */
export function createScriptedReplies({ clock, random, schemaFields, contract }: Options) {
  const writes = (tool: string) => readRule(contract?.permissions?.tools, tool).write;

  return async function scriptedReply(
    script: Script,
    call: ModelCall,
    rules: RoleRules,
    input: number,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    const said = replyTo(script, call, { schemaFields, writes });
    const single = rules.parallel_calls === false || call.parallelCalls === false;
    const turns = single ? said.turns.slice(0, 1) : said.turns;
    const pace = random.fork(`pace/${keyOf(call)}`);
    const thinking = 300 + Math.floor(pace.next() * 700);
    const perToken = 4 + Math.floor(pace.next() * 4);
    const args = turns.map((turn) => JSON.stringify(turn.args));
    const { text, wanted, output, limited } = withinLimit(said.text, args.join(''), call.maxOutputTokens);
    await clock.sleep(call.stream ? thinking : thinking + perToken * output, signal);
    const thought = call.reasoning === true ? [thoughtOf(pace)] : [];
    const reasoning = estimateTokens(thought.map((part) => part.text).join(''));
    const usage: Part = { type: 'usage', input, output: output + reasoning, ...(reasoning > 0 && { reasoning }) };
    function* parts(): Generator<Part> {
      yield* thought;
      for (const piece of call.stream ? pieces(text) : text === '' ? [] : [text])
        yield { type: 'text-delta', text: piece };
      let rest = wanted;
      for (const [i, turn] of turns.entries()) {
        // A limit that cuts the one before leaves nothing of this one.
        if (i > 0 && rest === '') break;
        const id = `call_${call.task}_${script.task.turns.indexOf(turn) + 1}`;
        const own = rest.slice(0, args[i]?.length);
        rest = rest.slice(own.length);
        yield { type: 'tool-call', id, name: turn.tool };
        yield { type: 'tool-call-delta', id, arguments: own };
      }
      yield usage;
      yield { type: 'end', reason: limited ? 'length' : turns.length === 0 ? 'stop' : 'tool-calls' };
    }
    async function* paced(): AsyncGenerator<Part> {
      for (const part of parts()) {
        yield part;
        if (part.type === 'text-delta') await clock.sleep(perToken * estimateTokens(part.text), signal);
      }
    }
    return { kind: 'http', parts: call.stream ? paced() : inTurn(parts()) };
  };
}

/** Reasoning never belongs to the answer. The signature is drawn at random, so that it can be from this provider only. */
const thoughtOf = (random: Random) => ({
  type: 'reasoning-delta' as const,
  text: 'First what was asked, then what the sources say of it.',
  signature: `sig${Math.floor(random.next() * 2 ** 48).toString(36)}`,
});

/** The caller's own limit: the reply stops there, and no more is billed. */
function withinLimit(text: string, wanted: string, limit = Number.POSITIVE_INFINITY) {
  const output = estimateTokens(text + wanted);
  if (output <= limit) return { text, wanted, output, limited: false };
  // Half of a character that takes two units would go out as another one.
  const kept = (text + wanted).slice(0, CHARACTERS_A_TOKEN * limit).replace(/[\ud800-\udbff]$/, '');
  return { text: kept.slice(0, text.length), wanted: kept.slice(text.length), output: limit, limited: true };
}

/** About six tokens each, so that a streamed reply comes in believable pieces. */
function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,24}/gu) ?? [];
}
