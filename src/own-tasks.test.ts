import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { displayPath } from './config/read-file.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

describe('golden tasks of a user’s own', () => {
  it('make the drills that are about tools, or about a schema, not applicable, and the rest run', async () => {
    using project = new Project(THREE_TASKS);
    const names = ['all_models_down', 'no_tool_support', 'tool_reply_lost', 'invalid_schema_backup', 'timeout_primary'];
    const { report } = await runDrill({ cwd: project.cwd, names, tasks: 'my-tasks', target: 'reference' });
    const skipped = report.drills.filter(({ verdict }) => verdict === 'not_applicable');
    expect(skipped.map(({ name }) => name)).toEqual(names.slice(0, 4));
    expect(new Set(skipped.map(({ reasons }) => reasons[0]?.reason))).toEqual(
      new Set(['the golden tasks of my-tasks have no tools', 'the golden tasks of my-tasks have no structured output']),
    );
    expect(report.drills.at(-1)?.tasks.length).toBeGreaterThan(0);
    expect(report.verdict).not.toBe('inconclusive');
  });
});

describe('the line that reproduces a drill', () => {
  it('names it by its path where it was named so, and by its name where it was not', async () => {
    const text = readFileSync(join(root, 'drills/timeout_primary.yaml'), 'utf8').replace(
      'drill: timeout_primary',
      'drill: mine',
    );
    using project = new Project({ ...THREE_TASKS, 'a.mjs': OWN_AGENT, "mine/it's/mine.yaml": text });
    const request = { cwd: project.cwd, target: './a.mjs', tasks: 'my-tasks' };
    const { report, screen } = await runDrill({ ...request, names: ["mine/it's/mine.yaml", 'timeout_primary'] });
    const lines = report.drills.map(({ reproduce }) => reproduce);
    expect(lines).toEqual(
      [String.raw`'mine/it'\''s/mine.yaml'`, 'timeout_primary'].map(
        (name) => `drill run ${name} --target ./a.mjs --tasks my-tasks --seed 7`,
      ),
    );
    expect(screen).toContain(`reproduce: ${lines[0]}`);
  });
});

it('what comes with the package is named by the package, wherever it is installed', () => {
  expect(displayPath(join(process.cwd(), 'node_modules/failover-drill/drills/x.yaml'))).toBe(
    'failover-drill/drills/x.yaml',
  );
  expect(displayPath('/elsewhere/.pnpm/failover-drill@1/node_modules/failover-drill/drills/x.yaml')).toBe(
    'failover-drill/drills/x.yaml',
  );
  expect(displayPath(join(process.cwd(), 'drills/x.yaml'))).toBe('drills/x.yaml');
});

it('the roles that are suggested for a host that is none are all there are, and can be pasted', async () => {
  const own = OWN_AGENT.replace(
    '[roles.primary, roles.backup]',
    "[{ base_url: 'https://api.other.example/v1', model: 'other-1', api_key: 'k' }, roles.primary]",
  );
  using project = new Project({ ...THREE_TASKS, 'a.mjs': own });
  const request = { cwd: project.cwd, tasks: 'my-tasks', target: './a.mjs', task: ['opening_hours'] };
  const before = await runDrill(request);
  const [fix = ''] =
    before.report.drills[0]?.reasons.map((one) => one.fix).filter((text) => text.includes('Paste')) ?? [];
  expect([before.code, fix]).toEqual([3, expect.stringMatching(/Paste {2}roles: \{ primary: .* backup-2: .*other-1/)]);
  writeFileSync(join(project.cwd, 'drill.config.yaml'), fix.replace(/^.*Paste {2}/, ''));
  const { report, trace } = await runDrill(request);
  expect(report.drills[0]?.reasons.filter(({ reason }) => reason.includes('no role'))).toEqual([]);
  expect(trace.filter(({ kind }) => kind === 'unknown-call')).toEqual([]);
});
