import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Config } from '../../config/config-file.ts';
import { GoldenTask } from '../../core/golden-task.ts';
import { runDrill } from '../../drill-run.fixture.ts';
import type { Agent, Outcome, Task } from '../../index.ts';
import { Project, THREE_TASKS } from '../../project.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { PAGES } from './pages.ts';

const { main } = await import('../main.ts');

it.each(['agent', 'task', 'target', 'workflow', 'contract', 'notices', 'outcome'])(
  'drill explain %s is a page with an example',
  async (name) => {
    const terminal = fakeTerminal();
    expect(await main(['node', 'drill', 'explain', name], terminal)).toBe(0);
    expect(terminal.out()).toMatch(new RegExp(`^${name}\\n\\n[A-Z].*\\n[\\s\\S]*^Example.*:\\n  \\S`, 'm'));
    expect(terminal.out()).not.toContain('node_modules');
  },
);

describe('their examples can be followed', () => {
  const example = (name: string) => PAGES[name]?.example ?? '';

  it('the agent runs', async () => {
    const openai = 'provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1';
    using project = new Project({
      ...THREE_TASKS,
      'my-agent.mjs': example('agent'),
      'drill.config.yaml': `roles: { primary: { ${openai}, model: gpt-5-mini }, backup: { ${openai}, model: gpt-5-nano } }`,
    });
    const { report, screen } = await runDrill({
      cwd: project.cwd,
      tasks: 'my-tasks',
      target: './my-agent.mjs',
      task: ['opening_hours'],
    });
    expect(report.verdict, screen).toBe('passed');
  });

  it('the files are read', () => {
    expect(Config.safeParse(parse(example('target')))).toMatchObject({ success: true });
    expect(GoldenTask.safeParse(parse(example('workflow')))).toMatchObject({ success: true });
  });

  it('the task is one, by its type, and the page names every field', () => {
    const task: Required<Task> = {
      ...JSON.parse(example('task')),
      ...{ history: [], response_schema: {}, stream: true, budget_usd: 1, tools: [], contract: {} },
    };
    const agent: Agent = ({ input }): Outcome | string => (input === '' ? { kind: 'failed' } : input);
    expect(agent).toBeTypeOf('function');
    expect([...(PAGES['task']?.says[0] ?? '').matchAll(/^(\w+) /gm)].map(([, name]) => name).sort()).toEqual(
      Object.keys(task).sort(),
    );
  });
});
