import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { RunReport } from './core/report.ts';
import { root } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

const LIE = 'Your money is already heading back to your card.';
/** The good agent for orders, but beside a plan for a refund its notice lies in words of its own. */
const AGENT = `import agent, { declares, notices } from '${join(root, 'fixtures/targets/good-orders.ts')}';
export { declares, notices };
export default async (task, around) => {
  const outcome = await agent(task, around);
  const planned = outcome.plan?.some(({ tool }) => tool === 'issue_refund');
  return planned ? { ...outcome, notice: { ...outcome.notice, next: '${LIE}' } } : outcome;
};
`;

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const run = (cwd: string, ...more: string[]) =>
  drill(cwd, 'run', 'no_tool_support', '--target', './agent.ts', '--json', ...more);

async function judged(cwd: string, ...more: string[]) {
  const ran = await run(cwd, ...more);
  const report = RunReport.parse(JSON.parse(ran.out));
  const cells = report.drills.flatMap((one) => one.tasks.flatMap((task) => task.checks));
  return {
    ...ran,
    report,
    failed: cells.filter((cell) => cell.verdict === 'failed'),
    folder: `reports/${report.about.id}`,
  };
}

describe('a lie in words alone', () => {
  it('passes as unread, is listed with a guess that counts as unread, and fails once it was read', async () => {
    using project = new Project({ 'agent.ts': AGENT });
    const unread = await judged(project.cwd);
    expect([unread.code, unread.failed, unread.report.verdict, unread.report.unread]).toEqual([0, [], 'passed', 1]);
    expect(unread.report.drills[0]?.words.unread).toEqual([LIE]);

    const shown = await drill(project.cwd, 'report', unread.folder);
    expect(shown.out).toMatch(/PASSED, 1 text unread: no_tool_support/);
    expect(shown.out).toMatch(/notices: \d+ judged, 1 text unread/);
    const file = (name: string) => readFileSync(join(project.cwd, unread.folder, name), 'utf8');
    expect(file('report.md')).toMatch(/^# Failover drill: passed, 1 text unread, score 100/);
    expect(file('report.md')).toMatch(/notices: \d+ judged, 1 text unread/);
    expect(file('junit.xml')).toContain('<property name="verdict" value="passed, 1 text unread"/>');

    const strict = await drill(project.cwd, 'judge', unread.folder, '--unread', 'inconclusive');
    expect([strict.code, strict.err]).toEqual([3, expect.stringContaining('1 of its texts are unread')]);

    const listed = await drill(project.cwd, 'notices', unread.folder);
    expect(parse(listed.out)).toEqual({ notices: [{ text: LIE, means: expect.anything(), guess: true }] });
    expect(listed.out).toMatch(
      /# notice, part `next`, 6 times: no_tool_support plan_only, no_tool_support at_turn_two/,
    );
    const asJson = JSON.parse((await drill(project.cwd, 'notices', unread.folder, '--json')).out);
    expect(asJson).toMatchObject({ notices: [{ text: LIE, times: 6, part: 'next', marked: false }] });

    writeFileSync(join(project.cwd, 'notices.yaml'), listed.out);
    writeFileSync(join(project.cwd, 'drill.config.yaml'), 'notices: notices.yaml\n');
    expect((await drill(project.cwd, 'validate', 'notices.yaml')).code).toBe(0);
    const guessed = await judged(project.cwd, '--unread', 'inconclusive');
    expect([guessed.code, guessed.report.unread]).toEqual([3, 1]);
    expect((await drill(project.cwd, 'notices', guessed.folder)).out).toMatch(
      /1 of the texts in notices\.yaml is marked/,
    );

    writeFileSync(join(project.cwd, 'notices.yaml'), `notices: [{ text: ${LIE}, means: { done: issue_refund } }]\n`);
    const read = await judged(project.cwd);
    expect([read.code, read.report.unread]).toEqual([1, 0]);
    expect(read.failed.map((cell) => cell.check)).toEqual(Array.from({ length: 6 }, () => 'notice-is-true'));
    expect(read.failed[0]?.reason).toBe(`"${LIE}", but the ledger has no effect of issue_refund`);
    const again = await drill(project.cwd, 'judge', read.folder, '--as', 'json');
    expect(RunReport.parse(JSON.parse(again.out)).drills).toEqual(read.report.drills);
  });

  it('two places may not read one text differently', async () => {
    using project = new Project({
      'agent.ts': AGENT,
      'mine.yaml': 'notices: [{ text: No action was taken. What is known was saved., means: { limited: true } }]\n',
      'drill.config.yaml': 'notices: mine.yaml\n',
    });
    const { code, err } = await run(project.cwd);
    expect(code).toBe(2);
    expect(err).toMatch(/the text "No action was taken\..*" has another reading in .*mine\.yaml/);
  });

  it('what is wrong with the readings of a module is told as its export', async () => {
    using project = new Project({
      'agent.ts': "export const notices = [{ text: 'A.', meanz: {} }];\nexport default async () => 'x';\n",
    });
    expect(await run(project.cwd)).toMatchObject({ code: 2, err: expect.stringContaining('export `notices`') });
  });
});
