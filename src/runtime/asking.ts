import type { Message } from '../core/model-call.ts';
import type { Task } from '../core/outcome.ts';
import type { FallbackContract } from './contract.ts';
import type { Ask, Payload } from './failover.ts';

/** Whose ask it is. */
export function askerOf({ id, tenant, priority }: Task): Pick<Ask, 'taskId' | 'tenantId' | 'priority'> {
  return { taskId: id, tenantId: tenant, priority };
}

/** What every task asks of whoever serves it; a workflow adds its output and its gate. */
export function termsOf({ deadline_ms, budget_usd }: Task): FallbackContract {
  return {
    deadlineMs: deadline_ms,
    retries: 1,
    ...(budget_usd !== undefined && { budgetUsd: budget_usd }),
    whenAllFail: 'save_and_offer_next_step',
  };
}

/** What a model is asked: rules of its own, the evidence and the question. */
export function payloadOf(task: Task, rules: readonly string[]): Payload {
  return {
    taskId: task.id,
    tenantId: task.tenant,
    messages: [
      ...rules.map((content): Message => ({ role: 'system', content })),
      { role: 'user', content: withSources(task, task.input) },
    ],
    maxOutputTokens: 1024,
    temperature: 0,
  };
}

/** The evidence, each source with the id that it is cited by, and then some words. */
export function withSources({ sources }: Task, ...words: string[]): string {
  const evidence = sources.map(({ id, text }) => `<source id="${id}">\n${text}\n</source>`);
  return [...evidence, ...words].join('\n\n');
}
