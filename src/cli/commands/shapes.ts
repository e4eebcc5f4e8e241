import type { z } from 'zod';
import { Config } from '../../config/config-file.ts';
import { ContractFile } from '../../config/workflow-folder.ts';
import { ToolsFile } from '../../config/workflow-links.ts';
import { Concepts } from '../../core/concept.ts';
import { Declaration, Roles } from '../../core/declaration.ts';
import { FaultUse, WrittenDrill, WrittenPhase } from '../../core/drill.ts';
import { GoldenTask } from '../../core/golden-task.ts';
import { Notices } from '../../core/notices.ts';
import { Outcome } from '../../core/outcome.ts';
import { StopCondition } from '../../core/stop.ts';
import { TriggerSpec } from '../../core/trigger.ts';

/** What a user writes in a file, or gives back; the example is YAML, and a test uses it. */
interface Shape {
  summary: string;
  schema: z.ZodType;
  example: string;
}

/** The shapes by the names that messages call them. */
export const SHAPES: Record<string, Shape> = {
  drill: {
    summary: 'A drill file: drills/<name>.yaml.',
    schema: WrittenDrill,
    example: `drill: primary_errors
title: The primary provider answers with errors
hypothesis: The backup answers every task in time.
workflow: support-answer
phases: [{ name: outage, tasks: 3, faults: [{ fault: server-error, role: primary }] }]
expect: { fails-over: { role: backup, within_ms: 8000 } }`,
  },
  phase: {
    summary:
      'A phase of a drill: an entry of its `phases`. With `each`, the drill is a matrix: one drill for each alternative, named `drill/alternative`.',
    schema: WrittenPhase,
    example: '{ name: outage, tasks: 3, load: { every_ms: 1000 }, faults: [{ fault: hang, role: primary }] }',
  },
  fault: {
    summary: 'A fault as a phase names it in `faults`, beside the parameters of its own.',
    schema: FaultUse,
    example: '{ fault: server-error, role: primary, status: 503, tenants: [alder-outdoor] }',
  },
  when: {
    summary: 'When a fault fires: its `when`. What is left out does not matter.',
    schema: TriggerSpec,
    example: '{ calls: [1, 2], per: role, to_ms: 60000 }',
  },
  stop: {
    summary: 'A stop condition: an entry of `stop` of a drill, or of the configuration. It has one of four kinds.',
    schema: StopCondition,
    example: '{ name: too_many_fail, failure_rate: 0.3, min_asks: 5, window: 20 }',
  },
  'golden-task': {
    summary: 'A golden task: one in a JSON or YAML file, or a list of them.',
    schema: GoldenTask,
    example: `{ "name": "opening_hours", "input": "When are you open on Sunday?",
  "must_include": ["10 am", { "any_of": ["till 4 pm", "until 4 pm"] }], "max_latency_ms": 12000 }`,
  },
  contract: {
    summary: 'What no fallback may lose: contract.yaml beside the golden tasks.',
    schema: ContractFile,
    example: `workflow: support-answer
stakes: high
output: { schema: { type: object, properties: { answer: { type: string } } }, required: [answer] }
gates: [output-validates, cites-sources]
experience: { when_degraded: notice, degraded_on: [backup] }`,
  },
  concepts: {
    summary: 'What texts may say in many words: concepts.yaml beside the golden tasks, by name.',
    schema: Concepts,
    example: `promise_delivery:
  says: ['\\b(will|shall) (arrive|be there)\\b', '\\bguarantee ([\\w-]+ ){0,3}delivery\\b']
  positive: [It will arrive on Monday., We guarantee same-day delivery., Your parcel shall be there at noon.]
  negative: [It may arrive on Monday., Will it arrive on Monday?, We do not guarantee same-day delivery.]`,
  },
  notices: {
    summary:
      'What texts mean, as somebody read them: notices.yaml beside the golden tasks, `notices` of drill.config.yaml, or exported by a module. `drill notices RUN` lists the unread ones.',
    schema: Notices,
    example: `notices:
  - text: "Erledigt: {tool}. Eine Kollegin macht hier weiter."
    means: { done: '{tool}', told_to: person }
  - text: I can still help, but live actions are temporarily limited. Please try again in {time}.
    means: { works: true, limited: true, act: true, next: true }`,
  },
  tools: {
    summary: 'The tools of a workflow, as models are told of them: tools.yaml or tools.json beside the golden tasks.',
    schema: ToolsFile,
    example: `- name: lookup_order
  description: Where an order stands right now.
  parameters: { type: object, properties: { order: { type: string } }, required: [order] }`,
  },
  config: {
    summary: 'The configuration of a project: drill.config.yaml.',
    schema: Config,
    example: `targets:
  my-agent: { module: ./my-agent.ts, declares: { features: [fallback, deadline], deadline_ms: 12000 } }
default_target: my-agent
redact: ['CUST-[0-9]{6}']`,
  },
  declares: {
    summary: 'What a target says it does, exported by its module or in drill.config.yaml; it is judged by this.',
    schema: Declaration,
    example: '{ features: [fallback, deadline, retries], chain: [primary, backup], retries: 1, deadline_ms: 12000 }',
  },
  roles: {
    summary: 'The models of a workflow and where they are called, exported by its module or in drill.config.yaml.',
    schema: Roles,
    example: `primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-mini }
backup: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-nano }`,
  },
  outcome: {
    summary: 'What a target gives back for a task; plain text will do as well.',
    schema: Outcome,
    example: `{ kind: answered, answer: We are open from 10 am., degraded: true,
  notice: I can still answer questions; bookings are limited for now. Please try again in a few minutes. }`,
  },
};
