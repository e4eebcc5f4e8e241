import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

const targets = {
  reference: 'reference',
  good: 'fixtures/targets/good.ts',
  'openai-sdk-agent': 'fixtures/targets/openai-sdk-agent.ts',
};

describe.each(Object.entries(targets))('%s', (name, target) => {
  it('the same seed gives the same bytes', async () => {
    const [a, b] = [await runDrill({ target }), await runDrill({ target })];
    expect(a.text).toBe(b.text);
    expect({ ...a.report, about: null }).toEqual({ ...b.report, about: null });
  });

  it('another seed differs in more than the header', async () => {
    const [a, b] = [await runDrill({ target }), await runDrill({ target, seed: 8 })];
    expect(a.text.split('\n').slice(1)).not.toEqual(b.text.split('\n').slice(1));
  });

  // Written on one version of Node and compared on all: `UPDATE=1 npx vitest run src/determinism.test.ts` renews it.
  it('the bytes are those of the golden trace, on every version of Node', async () => {
    const { text } = await runDrill({ target, task: ['refund_policy_edge_case', 'late_delivery_claim'] });
    await expect(text).toMatchFileSnapshot(join(root, `fixtures/traces/${name}.jsonl`));
  });
});

describe('--check-determinism', () => {
  it('finds nothing in the shipped targets', async () => {
    for (const target of Object.values(targets)) {
      const told: string[] = [];
      const run = await runDrill({ target, checkDeterminism: true, stderr: { write: (text) => void told.push(text) } });
      expect(run.code, told.join('')).toBeLessThan(2);
      expect(told.join('')).toContain('gave the same bytes');
    }
  });

  it('shows the first line in which a target that is not comes out otherwise', async () => {
    using project = new Project({
      'agent.mjs': `import { readFileSync } from 'node:fs';
const uuid = () => readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim();
export default async () => 'It is ' + uuid();`,
    });
    const told: string[] = [];
    const stderr = { write: (text: string) => void told.push(text) };
    const run = await runDrill({ cwd: project.cwd, target: './agent.mjs', checkDeterminism: true, stderr });
    expect(run.code).toBe(3);
    expect(told.join('')).toMatch(
      /differs first at line \d+ of trace\.jsonl\n {2}first: {2}\{.*It is .*\n {2}second: \{.*It is /,
    );
  });
});

describe('the sample report', () => {
  it('is what a run of today writes', async () => {
    const { files } = await runDrill();
    const stable = (files['report.md'] ?? '').replace(/\d{4}-\d\d-\d\dT[\w.:-]+/g, '(when it ran)');
    await expect(stable).toMatchFileSnapshot(join(root, 'reports/sample/report.md'));
  });
});
