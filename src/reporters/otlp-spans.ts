import { modeOfAbort } from '../core/evidence.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import type { CellReport, JudgedDrill, TaskReport } from '../core/report.ts';
import { BASELINE, type EventOf } from '../core/trace.ts';
import { GEN_AI, OPERATIONS, PROVIDERS } from './otel-names.ts';
import { Double, type Span, type Values } from './otlp-json.ts';

const KIND = { internal: 1, client: 3 };

export const askSpan = (
  { ask, at, drill, phase, task, tenant, priority, deadline_ms }: EventOf<'ask'>,
  agent: string,
  epoch: number,
): Span => ({
  ...{ ask, part: '', name: `invoke_agent ${agent}`, kind: KIND.internal, from: at, epoch, events: [] },
  attributes: {
    [GEN_AI.operation]: 'invoke_agent',
    [GEN_AI.agent]: agent,
    'drill.name': drill,
    'drill.phase': phase,
    'drill.baseline': phase === BASELINE,
    'drill.ask': ask,
    'drill.task.id': task,
    'drill.tenant.hash': tenant,
    'drill.priority': priority,
    'drill.deadline_ms': deadline_ms,
  },
});

export function callSpan({
  protocol,
  provider,
  model,
  stream,
  max_output_tokens,
  role,
  attempt,
  turn,
}: EventOf<'call'>) {
  const operation = OPERATIONS[protocol] ?? 'chat';
  const attributes: Values = {
    [GEN_AI.operation]: operation,
    [GEN_AI.provider]: PROVIDERS[provider] ?? provider,
    [GEN_AI.model]: model,
    [GEN_AI.stream]: stream,
    [GEN_AI.maxTokens]: max_output_tokens,
    [GEN_AI.resends]: attempt === 1 ? undefined : attempt - 1,
    'drill.role': role,
    'drill.attempt': attempt,
    'drill.turn': turn,
  };
  return { name: `${operation} ${model}`, kind: KIND.client, attributes };
}

export function toolSpan({ tool, use, write, allowed }: EventOf<'tool-use'>) {
  const attributes: Values = {
    [GEN_AI.operation]: 'execute_tool',
    [GEN_AI.tool]: tool,
    [GEN_AI.toolCall]: use,
    'drill.tool.write': write,
    'drill.tool.allowed': allowed,
  };
  return { name: `execute_tool ${tool}`, kind: KIND.internal, attributes };
}

const usageOf = ({ tokens, cost_usd }: Pick<EventOf<'call-end'>, 'tokens' | 'cost_usd'>): Values => ({
  [GEN_AI.inputTokens]: tokens.input,
  [GEN_AI.outputTokens]: tokens.output,
  'drill.cost.usd': cost_usd === null ? undefined : new Double(cost_usd),
});

/** How something ended: what failed of it, and what more is known. */
export interface End {
  failed: string | undefined;
  more: Values;
}

export const callEnd = (event: EventOf<'call-end'>): End => ({
  failed: event.failure_mode ?? (event.how === 'complete' ? undefined : event.how),
  more: { ...usageOf(event), 'drill.call.how': event.how },
});

/** Its caller did not wait for its end. */
export const callAbort = (event: EventOf<'call-abort'>, userLeft: boolean): End => ({
  failed: userLeft ? 'cancelled' : modeOfAbort(event),
  more: { ...usageOf(event), 'drill.call.how': 'aborted' },
});

export const toolEnd = ({ ok, error, effect }: EventOf<'tool-result'>): End => ({
  failed: ok ? undefined : (error ?? 'error'),
  more: { 'drill.tool.effect': effect },
});

/** A fault, an approval or the leaving of a user, as an event of a span. */
export function noteOf(event: EventOf<'fault-fired' | 'approval' | 'left'>): { name: string; attributes: Values } {
  if (event.kind === 'left') return { name: 'drill.user_left', attributes: {} };
  if (event.kind === 'approval')
    return { name: 'drill.approval', attributes: { [GEN_AI.tool]: event.tool, 'drill.approval': event.answer } };
  const { fault, role, effect, detail } = event;
  const attributes = { 'drill.fault': fault, 'drill.fault.at': role, 'drill.fault.effect': effect };
  return { name: 'drill.fault', attributes: { ...attributes, 'drill.fault.detail': detail } };
}

export function askEnd(span: Span | undefined, event: EventOf<'outcome' | 'hung' | 'given-up'>): void {
  if (span === undefined || span.to !== undefined) return;
  span.to = event.at;
  const kind = event.kind === 'outcome' ? event.outcome.kind : event.kind;
  span.attributes['drill.outcome'] = kind;
  if (event.kind !== 'outcome' || OUTCOME_KINDS[event.outcome.kind].lost) span.failed = kind;
  if (event.kind === 'outcome') span.attributes['drill.degraded'] = event.outcome.degraded;
}

/** What was found in an ask is an event of it, at its end: that is when it can be said. */
export function judged(span: Span | undefined, task: TaskReport, drill: JudgedDrill | undefined): void {
  if (span === undefined) return;
  const workflow = drill?.definition['workflow'];
  const { verdict, score, served_by, cost_usd, failover, retries } = task;
  Object.assign(span.attributes, {
    [GEN_AI.workflow]: typeof workflow === 'string' ? workflow : undefined,
    'drill.verdict': verdict,
    'drill.score': score === null ? undefined : new Double(score),
    'drill.served_by': served_by,
    'drill.failover.from': failover?.from,
    'drill.failover.to': failover?.to,
    'drill.failover.reason': failover?.reason,
    'drill.retries': retries,
    'drill.cost.usd': cost_usd === null ? undefined : new Double(cost_usd),
  });
  span.events.push(...findingsOf(task.checks, span.to ?? span.from));
}

/** What was found in a drill as a whole belongs to none of its asks. */
export const drillSpan = (drill: JudgedDrill, epoch: number, to: number): Span => ({
  ...{ ask: 0, part: '', name: `drill ${drill.name}`, kind: KIND.internal, from: 0, to, epoch },
  attributes: {
    'drill.name': drill.name,
    'drill.verdict': drill.verdict,
    'drill.score': drill.score === null ? undefined : new Double(drill.score),
    'drill.unread': drill.words.unread.length,
  },
  events: findingsOf(drill.checks, to),
});

const findingsOf = (cells: readonly CellReport[], at: number): Span['events'] =>
  cells
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ check, severity, verdict, reason }) => ({
      at,
      name: GEN_AI.evaluationResult,
      attributes: {
        [GEN_AI.evaluation]: check,
        [GEN_AI.evaluationLabel]: verdict,
        [GEN_AI.evaluationWhy]: reason,
        'drill.severity': severity,
      },
    }));
