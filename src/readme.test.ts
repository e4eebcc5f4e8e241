import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PAGES } from './cli/commands/pages.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { root } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [, section = ''] = /^## Try it\n([\s\S]*?)^## /m.exec(readme) ?? [];
const blocks = (of: string, language: string) =>
  [...of.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

/** Somebody's code, as the documentation of its SDK shows it. */
const CODE = `import OpenAI from 'openai';
const client = new OpenAI();
const complete = async (model, content) => {
  const reply = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
  return reply.choices[0].message.content;
};
export async function answer(question) {
  try {
    return await complete('gpt-5-mini', question);
  } catch {
    return await complete('gpt-5-nano', question);
  }
}
`;

it('its commands and no others lead from a project to a finding, and what it says to change mends that', async () => {
  using project = new Project({
    'package.json': '{ "name": "shop", "type": "module", "devDependencies": { "failover-drill": "*", "openai": "*" } }',
    'src/answer.js': CODE,
  });
  const follow = async (line: string) => {
    const terminal = fakeTerminal({ cwd: project.cwd });
    const code = await main(['node', 'drill', ...line.replace(/^npx drill /, '').split(' ')], terminal);
    return { code, screen: terminal.out() + terminal.err() };
  };
  const [first = '', then = ''] = blocks(section, 'sh');
  const [install, init = '', run = ''] = first.trim().split('\n');
  // What it installs is here already: there is no network in a test.
  expect(install).toBe('npm install --save-dev failover-drill');
  for (const line of [init, run, ...then.trim().split('\n')]) expect(line).toMatch(/^npx drill \w/);

  const began = await follow(init);
  expect([began.code, began.screen], began.screen).toEqual([0, expect.stringContaining(`\n  ${run}\n`)]);
  const found = await follow(run);
  expect(found.code, found.screen).toBe(1);
  // A screen of another width breaks lines elsewhere.
  const flat = (text: string) => text.replace(/\s+/g, ' ').trim();
  for (const line of blocks(section, 'text').join('').trim().split('\n'))
    expect(flat(found.screen)).toContain(flat(line));

  const [, mended = ''] = /`(new OpenAI\(\{.*?\}\))`/.exec(section) ?? [];
  writeFileSync(join(project.cwd, 'src/answer.js'), CODE.replace('new OpenAI()', mended));
  const passed = await follow(run);
  expect([passed.code, passed.screen], passed.screen).toEqual([0, expect.stringContaining('PASSED model_hangs')]);
  const [all = '', doctor = ''] = then.trim().split('\n');
  // Half a reply is given out as a whole one: that is another true finding.
  expect((await follow(all)).screen).toMatch(/FAILED reply_is_unusable[\s\S]*5 drills/);
  expect(await follow(doctor)).toMatchObject({ code: 0 });
});

it('its agent is the one that is explained', () => {
  expect(blocks(readme, 'js').map((text) => text.trim())).toContain(PAGES['agent']?.example);
});
