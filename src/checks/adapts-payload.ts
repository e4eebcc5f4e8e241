import { leavesWhole } from '../core/effect.ts';
import { type CallView, isTriedAgain } from '../core/evidence.ts';
import { type Case, defineTaskCheck, failed, nothingToJudge, type Proof, passed } from '../core/plugin.ts';
import type { Seen } from '../core/seen.ts';
import { FAILURE_MODES } from '../core/taxonomy.ts';
import { count, unique, when } from '../text/words.ts';
import { doubledTurns } from './doubled-turns.ts';

/** What the backup is sent holds all that the primary was sent, and nothing that is the primary's own. */
export const adaptsPayload = defineTaskCheck({
  name: 'adapts-payload',
  summary:
    'The request to a later role keeps instructions, talk, sources, output format and room for the answer, and names its own model; a retry keeps what the first try held, the first role what it holds without faults, and no attempt holds a turn twice',
  severity: 'critical',
  advice:
    "Build the request for the next role anew from the same instructions, talk and sources, with that role's own model name.",
  feature: 'fallback',
  reads:
    'what the call of a later role that served held, or its fullest one, beside the fullest call to the first role: sources, ids, schema fields, what was said before, model names, words of instructions, output limits; the same of a retry that was served, beside the attempts of its role that failed before it at that turn or a later one; sources and instructions of calls by which the first role served beside those without faults; how many turns with the question every attempt held',
  implies: () => ({}),
  judge(on) {
    const [first = ''] = on.declares.chain;
    const doubled = doubledTurns(on);
    const compared = handedTo(on).flatMap((view) => {
      const from = firstCallLike(view, on);
      return from === undefined ? [] : [{ view, from, wrong: wrongIn(from, view, on) }];
    });
    const bad = compared.filter((c) => c.wrong.length > 0);
    const foreign = foreignModels(on);
    const shrunk = [...shrunkRetries(on), ...thinnedFirst(on)];
    const what = [
      ...bad.flatMap((c) => c.wrong.map((w) => `${c.view.call.role} ${w}`)),
      ...foreign.map(({ what }) => what),
      ...shrunk.map(({ what }) => what),
      ...doubled.map(({ what }) => what),
    ];
    const proof = (of: typeof compared) => of.flatMap((c) => [c.view.call, c.from.call]);
    if (what.length > 0)
      return failed(
        unique(what).join('; '),
        proof(bad),
        [...foreign, ...shrunk, ...doubled].map((d) => d.proof),
      );

    if (compared.length === 0) return nothingToJudge(whyNothing(on, first));
    const held = unique(compared.flatMap(({ view: { call } }) => [...call.held.sources, ...call.held.source_ids]));
    const roles = unique(compared.map(({ view }) => view.call.role)).join(', ');
    // Any other call of these roles would have shown the same.
    const like = [...on.seen.calls, ...on.plain.calls].filter(({ call }) => on.declares.chain.includes(call.role));
    return passed(
      `${roles} received all that ${first} received (${count(held.length, 'source')})`,
      proof(compared),
      like.map(({ call }) => call),
    );
  },
});

function whyNothing({ seen, plain, declares: { chain } }: Case, first: string): string {
  const calls = [...seen.calls, ...plain.calls].map(({ call }) => call.role);
  if (!seen.early.some(({ call }) => chain.indexOf(call.role) > 0)) return `only ${first} was called`;
  return calls.includes(first)
    ? `${first} replied, nothing was handed over`
    : `${first} was never called, nothing to compare with`;
}

/** The calls by which a later role took over: what it was asked before or beside them is its own affair. */
function handedTo({ seen, declares: { chain } }: Case): CallView[] {
  // Equal replies of the first role and of a later one: then nothing need have been handed over.
  if (seen.servers.some(({ call }) => call.role === chain[0])) return [];
  return chain.slice(1).flatMap((role, i) => {
    const calls = seen.early.filter(({ call }) => call.role === role);
    const fullest = fullestOf(calls);
    if (fullest === undefined) return [];
    const served = seen.servers.filter(({ call }) => call.role === role);
    if (served.length > 0) return served.map((view) => (isAside(view, calls, fullest) ? fullest : view));
    const before = seen.replies.filter(({ call }) => chain.slice(0, i + 1).includes(call.role));
    return before.some((reply) => leavesNothing(reply, fullest)) || isEmptyHanded(fullest) ? [] : [fullest];
  });
}

/** An earlier role that answered, or came first after all, handed nothing over; one that asked for a tool may still do so. */
const leavesNothing = ({ end, endedAt = 0 }: CallView, later: CallView) =>
  end?.tool_calls === undefined || endedAt > later.call.at;

/** A call that failed, and holds neither the question nor any source, asked for something else. */
const isEmptyHanded = ({ ok, call }: CallView) =>
  !ok && (call.questions ?? 0) === 0 && call.held.sources.length + call.held.source_ids.length === 0;

/** A ping, a title, a classification: it holds less than half of the sources, and another good call of the role holds them. */
function isAside(view: CallView, calls: readonly CallView[], fullest: CallView): boolean {
  // A reply that a fault has spoiled is good on the wire alone.
  const others = calls.filter((c) => c !== view && c.ok && c.fired.every(({ effect }) => leavesWhole(effect)));
  return others.length > 0 && view.call.held.sources.length * 2 < fullest.call.held.sources.length;
}

/** The call that holds most, the first of several. */
function fullestOf(calls: readonly CallView[]): CallView | undefined {
  const size = ({ call: { held } }: CallView) =>
    held.sources.length + held.source_ids.length + held.schema_fields.length + (held.results?.length ?? 0);
  return calls.reduce<CallView | undefined>(
    (most, c) => (most === undefined || size(c) > size(most) ? c : most),
    undefined,
  );
}

/** What the first role was sent at the same point of the conversation, in this ask or without faults. */
function firstCallLike({ call }: CallView, { seen, plain, declares: { chain } }: Case): CallView | undefined {
  const known = [...seen.calls, ...plain.calls].filter((c) => c.call.role === chain[0]);
  return fullestOf(known.filter((c) => c.call.turn === call.turn)) ?? fullestOf(known);
}

function wrongIn(from: CallView, to: CallView, on: Case): string[] {
  return [
    ...lost(from, to, on),
    ...talkLost(from, to, on),
    ...instructionsLost(from, to),
    ...tooShort(from, to, on),
    ...leaked(to, on),
    ...turnedAway(to, on),
  ];
}

/** Calls of the chain that carried the task to a good reply. */
const carried = ({ servers, replies }: Seen, { declares: { chain } }: Case) =>
  unique([...servers, ...replies]).filter(({ call }) => chain.includes(call.role));

const isAtTurnOf =
  ({ call }: CallView) =>
  (other: CallView) =>
    other.call.role === call.role && other.call.turn === call.turn;

/** Retries that were served with less than the failed attempt before them held. */
function shrunkRetries(on: Case): { what: string; proof: Proof }[] {
  const { seen, plain } = on;
  return carried(seen, on).flatMap((view) => {
    const like = isAtTurnOf(view);
    // One that lost the conversation is of an earlier turn.
    const before = seen.early.filter((earlier) => earlier.call.turn >= view.call.turn && isTriedAgain(earlier, view));
    const from = before.every(mayPassAgain) ? fullestOf(before) : undefined;
    // What follows a good reply goes on from that one.
    const since = from?.call.seq ?? view.call.seq;
    const goesOn = carried(seen, on).some(
      (good) => like(good) && good.ok && good.call.seq > since && good.call.seq < view.call.seq,
    );
    // Steps of a workflow are sent what they need: this may be another one than the one that failed.
    const isUsual = carried(plain, on).some((usual) => like(usual) && lessThan(usual, view, on).length === 0);
    if (from === undefined || goesOn || isUsual) return [];
    const proof = [from.call, view.call];
    return lessThan(from, view, on).map((what) => ({ what: `the retry of ${view.call.role} ${what}`, proof }));
  });
}

/**
 * Calls by which the first role served with less than in any of the same turn without faults: who lost it in an outage has lost it
 * for good. Format and talk may be put in several right ways.
 */
function thinnedFirst(on: Case): { what: string; proof: Proof }[] {
  const { seen, plain, armed, declares } = on;
  const [first = ''] = declares.chain;
  // Who has seen that a request was too much sends less.
  const tooMuch = ({ failureMode }: CallView) =>
    failureMode !== null && FAILURE_MODES[failureMode].blames === 'request';
  if (armed.some((a) => a.role === first && a.effect === 'limits') || seen.calls.some(tooMuch)) return [];
  // What follows another call to it goes on from that one.
  const goesOn = ({ call }: CallView) =>
    seen.early.some((c) => c.call.role === first && c.call.seq < call.seq && c.call.turn >= call.turn);
  const lacks = (from: CallView, to: CallView) => [...materialLost(from, to, on), ...instructionsGone(from, to)];
  return seen.servers
    .filter((view) => view.call.role === first && !goesOn(view))
    .flatMap((view) => {
      const usual = carried(plain, on).filter(isAtTurnOf(view));
      const [least] = usual.toSorted((a, b) => lacks(a, view).length - lacks(b, view).length);
      if (least === undefined) return [];
      const proof = [least.call, view.call];
      return lacks(least, view).map((what) => ({ what: `${first} ${what}, unlike without faults`, proof }));
    });
}

/** What failed for what was in the request, or for nobody knows what, may be sent anew with less. */
const mayPassAgain = ({ failureMode }: CallView) =>
  failureMode !== null && failureMode !== 'unknown' && FAILURE_MODES[failureMode].blames !== 'request';

function lessThan(from: CallView, to: CallView, on: Case): string[] {
  const declared = on.roles[to.call.role]?.context_tokens !== undefined;
  return [...lost(from, to, on), ...(declared ? [] : talkLost(from, to, on)), ...instructionsGone(from, to)];
}

function lost(from: CallView, to: CallView, on: Case): string[] {
  const fields = from.call.held.schema_fields.filter((field) => !to.call.held.schema_fields.includes(field));
  return [...materialLost(from, to, on), ...when(fields.length > 0, `was not asked for ${fields.join(', ')}`)];
}

function materialLost({ call: from }: CallView, { call }: CallView, { sources, roles }: Case): string[] {
  const gone = (key: 'sources' | 'source_ids') => from.held[key].filter((x) => !call.held[key].includes(x));
  const isPicture = (id: string) => sources.some((s) => s.id === id && s.image !== undefined);
  const takesPictures = roles[call.role]?.rules?.images !== false;
  const wanted = (id: string) => takesPictures || !isPicture(id);
  return [
    ...gone('sources')
      .filter(wanted)
      .map((s) => (isPicture(s) ? `lost the picture ${s}` : `lost the text of ${s}`)),
    ...gone('source_ids')
      .filter(wanted)
      .map((s) => `lost the id ${s}`),
  ];
}

const TALK = {
  lost: 'lost what was said before',
  other_order: 'received what was said before in another order',
  other_roles: 'received what was said before without who said it',
};

/** Where the context is too small what was said before may go, and only there; what is left of it stays in order. */
function talkLost({ call: from }: CallView, { call }: CallView, on: Case): string[] {
  if (from.talk !== 'whole' || call.talk === undefined || call.talk === 'whole') return [];
  return call.talk === 'lost' && isTight(call.role, on) ? [] : [TALK[call.talk]];
}

/** A smaller window than the first role's, by what is declared of it, armed on it, or was seen. */
function isTight(role: string, { declares: { chain }, roles, armed, seen }: Case): boolean {
  const windowOf = (name = '') => roles[name]?.context_tokens ?? Number.POSITIVE_INFINITY;
  const refused = seen.calls.some((c) => c.failureMode === 'context_overflow');
  return refused || windowOf(role) < windowOf(chain[0]) || armed.some((a) => a.role === role && a.effect === 'limits');
}

/** Of fewer words nothing can be said. */
const FEW_WORDS = 10;
/** Another model may be told the same in a third of the words. */
const LEAST = 1 / 3;

function instructionsLost({ call: from }: CallView, { call }: CallView): string[] {
  const [had = 0, has] = [from.instructions, call.instructions];
  if (has === undefined || had < FEW_WORDS || has >= had * LEAST) return [];
  return [`was given ${count(has, 'word')} of instructions, where ${from.role} was given ${had}`];
}

/** A retry may leave examples out; of what was asked of the model the beginning stays, or enough to say something. */
function instructionsGone(from: CallView, to: CallView): string[] {
  const same = from.call.digests.messages[0] === to.call.digests.messages[0];
  return same || (to.call.instructions ?? 0) >= FEW_WORDS ? [] : instructionsLost(from, to);
}

/** Room for the answer that the task has without faults. */
function tooShort({ call: from }: CallView, { call }: CallView, { plain }: Case): string[] {
  const whole = Math.max(0, ...plain.servers.map(({ end }) => end?.tokens.output ?? 0));
  const cuts = (limit = Number.POSITIVE_INFINITY) => limit < whole;
  if (!cuts(call.max_output_tokens) || cuts(from.max_output_tokens)) return [];
  return [`may write ${count(call.max_output_tokens ?? 0, 'token')}, and the whole answer takes ${whole}`];
}

/**
 * What its provider does not take, whatever is behind it. How long a prompt is for a model, only the provider can tell: who
 * heeds that has adapted, and only beyond a declared window is it a mistake to be left there.
 */
function turnedAway({ call, refused, failureMode }: CallView, { roles, seen }: Case): string[] {
  const { protocol, context_tokens: window = Number.POSITIVE_INFINITY } = roles[call.role] ?? {};
  const excused = failureMode === 'context_overflow' && (call.input_tokens <= window || seen.servers.length > 0);
  return refused === undefined || excused || call.protocol !== protocol ? [] : [`was turned away: ${refused}`];
}

function leaked({ call, refused }: CallView, { roles, task }: Case): string[] {
  const own = roles[call.role]?.model ?? '';
  const spoken = roles[call.role]?.protocol ?? call.protocol;
  const names = Object.entries(roles).flatMap(([role, { model }]) => {
    if (model === own || call.model === model) return [];
    // A name inside the role's own name, or in the question itself, proves nothing.
    const innocent = own.includes(model) || task.input.includes(model);
    return when(call.held.models.includes(role) && !innocent, `received the name of ${role}'s model ${model}`);
  });
  return [
    ...when(refused !== undefined && call.protocol !== spoken, `speaks ${spoken} and was called in ${call.protocol}`),
    ...names,
  ];
}

/** A model that its provider does not have is a mistake in any call, whatever it is for. */
function foreignModels({ seen, roles, declares: { chain } }: Case) {
  return seen.calls.flatMap(({ call }) => {
    const own = roles[call.role]?.model;
    if (chain.indexOf(call.role) < 1 || call.model === own) return [];
    const whose = Object.entries(roles).find(([, { model }]) => model === call.model);
    return whose === undefined
      ? []
      : [{ what: `${call.role} was asked for ${whose[0]}'s model ${call.model}`, proof: call }];
  });
}
