// What others of the field take for the same: a test that asks an agent whose primary fails, and looks at the answer.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { bin, cpuInTurn, further, median, ofPairs, root } from './measure.mjs';

const AGENT = `
const reply = JSON.stringify({ choices: [{ message: { content: 'It can be returned within thirty days. '.repeat(20) } }] });
const models = async (url, { body }) => {
  JSON.parse(body);
  return url.includes('primary') ? new Response('{}', { status: 500 }) : new Response(reply, { status: 200 });
};
export async function agent(question) {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question.repeat(40) }] });
  for (const url of ['https://primary.example/v1', 'https://backup.example/v1']) {
    const got = await models(url, { method: 'POST', body });
    if (got.ok) return (await got.json()).choices[0].message.content;
  }
  throw new Error('nobody answered');
}
`;
const QUESTION = 'May I return my goods after a week? ';

const vitest = (count) => `
import { expect, it } from 'vitest';
import { agent } from './agent.mjs';
it.each(Array.from({ length: ${count} }, (_, i) => i))('ask %i', async (i) => {
  expect(await agent(${JSON.stringify(QUESTION)} + i)).toContain('thirty');
});
`;

const PROVIDER = `
import { agent } from './agent.mjs';
export default class {
  id = () => 'agent';
  callApi = async (prompt) => ({ output: await agent(prompt) });
}
`;
const promptfoo = (count) =>
  JSON.stringify({
    prompts: ['{{question}}'],
    providers: ['file://provider.mjs'],
    tests: Array.from({ length: count }, (_, i) => ({
      vars: { question: `${QUESTION}${i}` },
      assert: [{ type: 'contains', value: 'thirty' }],
    })),
  });

/** The script of a command that is installed here, or on the path. */
const scriptOf = (name) =>
  [join(root, 'node_modules/.bin'), ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

/** An ask of a drill, with all its checks and reports, against a test of theirs: each further one. */
export async function beside({ say, rounds, project }) {
  const { cwd } = project;
  project.write('agent.mjs', AGENT);
  project.write('provider.mjs', PROVIDER);
  const sizes = [110, 1010];
  const [few, many] = sizes;
  const theirs = {
    vitest: (count) => ['run', '--root', cwd, project.write(`of-${count}.test.mjs`, vitest(count))],
    promptfoo: (count) => [
      ...['eval', '--no-cache', '--no-write', '--no-table', '--no-progress-bar', '-j', '4'],
      ...['-c', project.write(`of-${count}.json`, promptfoo(count))],
    ],
  };
  const asks = (count) => [bin, 'run', project.drill(`beside-${count}`, count)];
  for (const [name, words] of Object.entries(theirs)) {
    const script = scriptOf(name);
    if (script === undefined) {
      say.skip(`a test of ${name}`, 'is not installed');
      continue;
    }
    const commands = [asks(few), asks(many), [script, ...words(few)], [script, ...words(many)]];
    const [ownFew, ownMany, itsFew, itsMany] = await cpuInTurn(rounds, commands, cwd);
    const [own, its] = [further(ownFew, ownMany, sizes), further(itsFew, itsMany, sizes)];
    say(
      `an ask against a test of ${name}`,
      ofPairs(own, its),
      '×',
      `${(median(its) * 1000).toFixed(2)} ms of CPU a test`,
    );
    const whole = `${median(itsMany).toFixed(1)} s of CPU`;
    say(`a run of ${many} asks against one of ${name}`, ofPairs(ownMany, itsMany), '×', whole);
  }
}
