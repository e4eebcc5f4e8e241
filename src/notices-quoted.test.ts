import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

/** Steers a terminal in three ways. */
const NOTICE = 'It is slow today.\u001b[2J \u009b1A \u202eko si llA';

it('what nobody has read is listed without steering the terminal, and can be pasted as it was', async () => {
  using project = new Project({
    ...THREE_TASKS,
    'agent.mjs': `${OWN_AGENT.replace('export default', 'const ask =')}
export const declares = { features: ['fallback', 'deadline', 'notice'] };
export default async (task, around) => ({ kind: 'answered', answer: await ask(task, around), degraded: true, notice: ${JSON.stringify(NOTICE)} });
`,
  });
  const drill = async (...words: string[]) => {
    const terminal = fakeTerminal({ cwd: project.cwd });
    await main(['node', 'drill', ...words], terminal);
    return terminal.out();
  };
  await drill('run', 'timeout_primary', '--target', './agent.mjs', '--tasks', 'my-tasks');
  const folder = `reports/${readdirSync(`${project.cwd}/reports`)[0]}`;
  const [yaml, json] = [await drill('notices', folder), await drill('notices', folder, '--json')];
  for (const text of [yaml, json]) expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  expect(parse(yaml).notices.map(({ text }: { text: string }) => text)).toContain(NOTICE);
  expect(JSON.parse(json).notices.map(({ text }: { text: string }) => text)).toContain(NOTICE);
});
