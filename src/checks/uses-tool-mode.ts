import type { CallView } from '../core/evidence.ts';
import type { Outcome, PlannedAction } from '../core/outcome.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { type Case, defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { Seen } from '../core/seen.ts';
import type { EventOf } from '../core/trace.ts';
import { count, unique, when } from '../text/words.ts';
import { ruleOf, turnsOf, writesOf } from './tools-used.ts';

/** From the least to the most a model may do. */
const MODES = ['none', 'read-only', 'plan-only', 'full'] as const;
type Mode = (typeof MODES)[number];

/** Each role keeps to the most the contract lets it do with tools; what it may only propose is handed on as data. */
export const usesToolMode = defineTaskCheck({
  name: 'uses-tool-mode',
  summary: 'A role does no more with tools than its mode allows, proposals are data, and tool_mode is true',
  reads: 'what a role of a limited mode was offered, what was written after its reply, and the plan',
  severity: 'critical',
  advice:
    'Give each role only the tools that its mode allows, return its proposals as a `plan`, and report the true `tool_mode`.',
  feature: 'tool_modes',
  implies: (_task, contract) => (Object.keys(contract?.permissions?.modes ?? {}).length > 0 ? {} : undefined),
  judge(on) {
    const { replies, servers, outcome, calls } = on.seen;
    const modeOf = (role: string): Mode => on.contract?.permissions?.modes[role] ?? 'full';
    const limited = replies.filter((c) => modeOf(c.call.role) !== 'full');

    const uses = on.seen.uses.map(({ use }) => ({ use, role: whoseUse(use, replies) }));
    const beyond = uses.filter(({ use, role }) => role !== undefined && goesBeyond(use, modeOf(role)));
    const offered = calls.filter((c) => modeOf(c.call.role) === 'none' && c.call.tools !== undefined);
    const wrong = [
      ...beyond.map(({ use, role = '' }) => `${role} is in mode ${modeOf(role)}, but ${use.tool} was run on its reply`),
      ...offered.map(({ call }) => `${call.role} is in mode none, but was offered ${call.tools?.join(', ')}`),
    ];
    // What is wrong whoever of them it is from.
    const lies = servers.map((server) => {
      const mode = modeOf(server.call.role);
      const own = uses.filter((u) => u.role === server.call.role).map(({ use }) => use);
      const plans = mode === 'plan-only' && outcome !== undefined ? planErrors(on, outcome.outcome) : [];
      return [...lieOf(outcome?.outcome.tool_mode, server, mode, own), ...plans];
    });
    wrong.push(...(lies.toSorted((a, b) => a.length - b.length)[0] ?? []));
    const proof = [...limited, ...offered, ...servers, ...uses.map(({ use }) => use), outcome];
    if (wrong.length > 0) return failed(unique(wrong).join('; '), proof);
    if (limited.length === 0) return nothingToJudge('no role of a limited tool mode gave a good reply');
    const roles = unique(limited.map(({ call: { role } }) => `${role} kept to ${modeOf(role)}`)).join('; ');
    return passed(`${roles}: 0 writes, ${count(outcome?.outcome.plan?.length ?? 0, 'proposal')}`, proof);
  },
});

/** Whose reply led to a use: the last that asked for exactly it, else the last good one before it. */
function whoseUse({ tool, args_hash, seq }: EventOf<'tool-use'>, replies: CallView[]): string | undefined {
  const before = replies.filter((c) => c.end !== undefined && c.end.seq < seq);
  const exact = before.findLast((c) => c.end?.tool_calls?.some((a) => a.tool === tool && a.args_hash === args_hash));
  return (exact ?? before.at(-1))?.call.role;
}

const goesBeyond = (use: EventOf<'tool-use'>, mode: Mode) => mode === 'none' || (mode !== 'full' && use.write);

function lieOf(said: Mode | undefined, { call }: CallView, most: Mode, uses: EventOf<'tool-use'>[]): string[] {
  if (said === undefined) return [];
  if (MODES.indexOf(said) > MODES.indexOf(most))
    return [`tool_mode is ${said}, but ${call.role} answered in mode ${most}`];
  const more = uses.find((use) => goesBeyond(use, said));
  return more === undefined ? [] : [`tool_mode is ${said}, but ${more.tool} was run for ${call.role}`];
}

/** Intent is data: each write that is still to be done is proposed, with all a person needs to decide. */
function planErrors(on: Case, outcome: Omit<Outcome, 'log'>): string[] {
  const plan = outcome.plan ?? [];
  // A workflow that stops may have nothing fit to propose.
  const owed = OUTCOME_KINDS[outcome.kind].handsOut;
  const silent = writesOf(on).filter((tool) => {
    const left = turnsOf(on.task, tool) - begun(on.seen, tool);
    return owed && plan.filter((item) => item.tool === tool).length < left;
  });
  return [
    ...silent.map((tool) => `${tool} was neither run nor proposed in plan`),
    ...plan.flatMap((item) => itemErrors(item, on)),
  ];
}

/** How many different uses of a tool were made, or put to a person, in this ask. */
function begun({ uses, approvals }: Seen, tool: string): number {
  const some = [...uses.map(({ use }) => use), ...approvals].filter((e) => e.tool === tool);
  return unique(some.map((e) => e.args_hash)).length;
}

function itemErrors(item: PlannedAction, { contract, sources }: Case): string[] {
  const ids = sources.map((source) => source.id);
  const foreign = item.evidence_ids.filter((id) => !ids.includes(id));
  const needsYes = ruleOf(contract, item.tool).approval === 'human';
  return [
    ...when(item.reason.trim() === '', 'no reason'),
    ...when(needsYes && item.approval !== 'human', 'no approval, which it needs'),
    ...when(ids.length > 0 && item.evidence_ids.length === 0, 'no evidence'),
    ...foreign.map((id) => `${id} as evidence, which is no source of this task`),
  ].map((what) => `the proposal of ${item.tool} has ${what}`);
}
