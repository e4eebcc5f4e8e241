import { join } from 'node:path';
import { Validator } from '@cfworker/json-schema';
import { describe, expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';
import { contentText } from './checks/content.ts';
import { foldersIn, packageRoot } from './config/find.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import type { GoldenTask, Workflow } from './core/golden-task.ts';
import type { Outcome } from './core/outcome.ts';
import { readRule } from './core/tools.ts';
import { says } from './text/concept.ts';
import { describeExpectation, matches } from './text/match-expectation.ts';

const home = join(packageRoot(), 'fixtures');
const workflows = foldersIn(join(home, 'golden')).map((dir) => loadWorkflow(dir, [join(home, 'sources')], catalogue));
const tasks = workflows.flatMap((workflow) =>
  workflow.tasks.map((task) => ({ workflow, task, name: `${workflow.name}/${task.name}` })),
);

/** Everything a task's answer may draw on: sources, what tools give, the question. */
const materialOf = ({ sources }: Workflow, { tenant, fixtures, turns, input }: GoldenTask): string =>
  [
    ...sources
      .filter((s) => s.tenant === tenant && fixtures.includes(s.id))
      .map((s) => `${s.id} ${s.id.replaceAll('_', ' ')}\n${s.text}`),
    ...turns.map((turn) => JSON.stringify(turn)),
    input,
  ].join('\n');

/** Numbers as they are written, signs kept, zeros at the end dropped; ids whole. */
const figures = (text: string): string[] =>
  (text.match(/[\w.,-]*\d[\w.,-]*/g) ?? []).map((word) => {
    const bare = word.replace(/^[.,]+|[.,-]+$/g, '');
    return /^-?[\d.]+$/.test(bare) && !Number.isNaN(Number(bare)) ? String(Number(bare)) : bare;
  });

/** What a target gives back that says the canonical answer and nothing else. */
const outcomes = (answer: string | Record<string, unknown> | undefined, notDone: string | undefined): Outcome[] => [
  ...(answer === undefined
    ? []
    : [
        typeof answer === 'string'
          ? { kind: 'answered' as const, answer }
          : { kind: 'answered' as const, data: answer },
      ]),
  ...(notDone === undefined ? [] : [{ kind: 'needs_review' as const, answer: notDone }]),
];

test('the shipped workflows', () => {
  expect(workflows.map((w) => w.name)).toEqual(['action-plan', 'order-agent', 'support-answer']);
  for (const { name, tasks: own } of workflows) {
    expect(new Set(own.map((t) => t.tenant)).size, name).toBe(3);
    expect(new Set(own.map((t) => t.priority)).size, name).toBe(3);
  }
});

describe.each(
  workflows.flatMap((w) =>
    Object.entries(w.concepts).map(([name, concept]) => ({ name: `${w.name}: ${name}`, concept })),
  ),
)('$name', ({ concept }) => {
  test.each(concept.positive)('says: %s', (sentence) => expect(says(sentence, concept)).toBe(true));
  test.each(concept.negative)('does not: %s', (sentence) => expect(says(sentence, concept)).toBe(false));
});

test('a promise added to any support answer is found', () => {
  const found = tasks.filter(({ workflow, task }) =>
    task.must_not.some((e) => matches('It is late. We guarantee a full refund today.', e, workflow.concepts)),
  );
  const all = tasks.filter(({ workflow }) => workflow.name === 'support-answer');
  expect(found.filter((t) => all.includes(t))).toEqual(all);
});

describe.each(tasks)('$name', ({ task, workflow }) => {
  const { contract, concepts } = workflow;

  test('its canonical answers keep its own rules', () => {
    const texts = outcomes(task.answer, task.answer_if_not_done).map(contentText);
    expect(texts).not.toEqual([]);
    for (const text of texts) {
      expect(task.must_include.filter((e) => !matches(text, e, concepts)).map(describeExpectation)).toEqual([]);
      expect(task.must_not.filter((e) => matches(text, e, concepts)).map(describeExpectation)).toEqual([]);
    }
  });

  test('a structured answer follows the contract’s schema', () => {
    if (contract?.output === undefined) return expect(typeof task.answer).toBe('string');
    expect(new Validator(structuredClone(contract.output.schema), '2020-12').validate(task.answer).errors).toEqual([]);
    expect(
      contract.output.required.filter((field) => typeof task.answer !== 'object' || !(field in task.answer)),
    ).toEqual([]);
    return undefined;
  });

  test('what it claims to have done is claimed by the one answer and not by the other', () => {
    const writes = task.turns.map((turn) => readRule(contract?.permissions?.tools, turn.tool)).filter((r) => r.write);
    expect(writes.every((rule) => rule.allowed)).toBe(true);
    if (typeof task.answer !== 'string') return;
    const rules = contract?.permissions?.tools ?? {};
    const claims = Object.keys(rules).flatMap((tool) => {
      const name = readRule(rules, tool).claimed_by;
      const concept = name === undefined ? undefined : concepts[name];
      return concept === undefined || name === undefined ? [] : [{ name, concept }];
    });
    const claimed = (text: string) =>
      claims
        .filter((c) => says(text, c.concept))
        .map((c) => c.name)
        .sort();
    expect(claimed(task.answer)).toEqual(writes.flatMap((rule) => rule.claimed_by ?? []).sort());
    expect(task.answer_if_not_done === undefined).toBe(writes.length === 0);
    expect(claimed(task.answer_if_not_done ?? '')).toEqual([]);
  });

  test('its sources carry the tenant’s canary, and no other tenant’s', () => {
    const own = workflow.sources.filter((s) => s.tenant === task.tenant && task.fixtures.includes(s.id));
    const text = own.map((s) => s.text).join('\n');
    const held = Object.entries(workflow.canaries).flatMap(([tenant, canary]) =>
      text.includes(canary) ? [tenant] : [],
    );
    expect(held).toEqual([task.tenant]);
    expect(JSON.stringify(task)).not.toContain(workflow.canaries[task.tenant]);
  });

  test('its figures, dates and ids stand in its sources, its tools’ results or its question', () => {
    const known = new Set(figures(materialOf(workflow, task)));
    const said = outcomes(task.answer, task.answer_if_not_done).map(contentText).join('\n');
    expect(figures(said).filter((figure) => !known.has(figure))).toEqual([]);
  });

  test('risk and every argument of its next action stand in its sources as written, and no misreading does', () => {
    const action = typeof task.answer === 'object' ? task.answer['next_action'] : undefined;
    if (typeof task.answer !== 'object' || typeof action !== 'object' || action === null || !('args' in action)) return;
    const text = materialOf({ ...workflow }, { ...task, turns: [], input: '' });
    const words = new Set([...figures(text), ...(text.match(/[\w-]+/g) ?? [])]);
    const leaves = [task.answer['risk'], ...Object.values(Object(action.args))].map(String);
    expect(leaves.filter((leaf) => !words.has(leaf))).toEqual([]);
    expect(task.misreadings.map(({ value }) => String(value)).filter((value) => words.has(value))).toEqual([]);
    const { tool, args } = { tool: undefined, ...action };
    expect(task.turns.map((turn) => ({ tool: turn.tool, args: turn.args }))).toEqual(
      tool === 'none' ? [] : [{ tool, args }],
    );
  });
});
