import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { declares, notices } from '../fixtures/targets/good.ts';
import { declares as orderDeclares, notices as orderNotices } from '../fixtures/targets/good-orders.ts';
import type { JudgedDrill } from './core/report.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

// One module, in this process and in virtual time, and as a program for all tasks on sockets and in the machine's time.

const fixture = (name: string) => join(root, 'fixtures/targets', name);
const both = (name: string, claims: object) => ({
  [`${name}-inside`]: { module: fixture(`${name}.ts`), declares: claims },
  [`${name}-lines`]: {
    command: [process.execPath, fixture('over-lines.mjs'), fixture(`${name}.ts`)],
    ...{ lives: 'run', declares: claims },
  },
});

const targets = { ...both('good', declares), ...both('good-orders', orderDeclares) };
const readings = new Map([...notices, ...orderNotices].map((one) => [one.text, one]));
const FILES = {
  'drill.config.yaml': stringify({ targets, notices: 'notices.yaml' }),
  // A module brings its own along, a command does not.
  'notices.yaml': stringify({ notices: [...readings.values()] }),
};

const drillOf = (workflow: string, only: string[], faults: string) => `drill: mine
title: The primary fails
hypothesis: The backup answers in its place.
workflow: ${workflow}
phases:
  - { name: outage, tasks: 2, load: { arrive: together }, only: [${only}], faults: [${faults}] }
  - { name: healed, tasks: 1, only: [${only}] }
expect:
  fails-over: {}
  retries-at-most: {}
`;
const SUPPORT = ['window_to_return_alder', 'window_to_return_petrie'];
const ORDERS = ['refund_cracked_base', 'delivery_day_question'];

const cells = ({ tasks, checks }: JudgedDrill) =>
  [{ ask: 0, checks }, ...tasks].flatMap((one) =>
    one.checks.map(({ check, verdict }) => `${one.ask} ${check}: ${verdict}`),
  );

describe.concurrent('the same is found in virtual time and on sockets', () => {
  it.each([
    ['good', 'support-answer', SUPPORT, '{ fault: server-error, role: primary }'],
    ['good', 'support-answer', SUPPORT, '{ fault: hang, role: primary }'],
    [
      'good',
      'support-answer',
      SUPPORT,
      '{ fault: server-error, role: primary }, { fault: server-error, role: backup }',
    ],
    ['good-orders', 'order-agent', ORDERS, '{ fault: server-error, role: primary }'],
  ])('%s, %s, %s: %s', async (name, workflow, only, faults) => {
    using project = new Project({ 'mine.yaml': drillOf(workflow, only, faults), ...FILES });
    const found = async (target: string) => {
      const { report, screen } = await runDrill({ cwd: project.cwd, names: ['./mine.yaml'], target });
      const [drill] = report.drills;
      if (drill === undefined) throw new Error(screen);
      return { verdict: drill.verdict, fired: drill.faults.map(({ fired }) => fired), cells: cells(drill), screen };
    };
    const { screen: _, ...inside } = await found(`${name}-inside`);
    const { screen, ...lines } = await found(`${name}-lines`);
    expect(inside.cells.filter((cell) => cell.endsWith('passed')).length).toBeGreaterThan(20);
    expect(lines, screen).toEqual(inside);
  });
});
