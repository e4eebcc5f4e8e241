import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../core/evidence.ts';
import { RunReport } from '../../core/report.ts';
import { TraceEvent } from '../../core/trace.ts';
import '../../drill-run.fixture.ts';
import { freePorts } from '../../free-ports.fixture.ts';
import { Project } from '../../project.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';

const { main } = await import('../main.ts');

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** Every file of a folder but those of packages and reports, with its text. */
function filesIn(cwd: string): Record<string, string> {
  const all = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = all
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|reports/.test(path));
  return Object.fromEntries(paths.map((path) => [path.slice(cwd.length + 1), readFileSync(path, 'utf8')]));
}

/** What the run of a drill left: which models were called, and what was answered without faults. */
function runIn(cwd: string) {
  const [made = ''] = readdirSync(join(cwd, 'reports'));
  const read = (name: string) => readFileSync(join(cwd, 'reports', made, name), 'utf8');
  const trace = read('trace.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => TraceEvent.parse(JSON.parse(line)));
  return {
    report: RunReport.parse(JSON.parse(read('run.json'))),
    models: [...new Set(eventsOf(trace, 'call').map(({ model }) => model))],
    answers: eventsOf(trace, 'outcome')
      .filter(({ phase }) => phase === 'baseline')
      .map(({ outcome }) => outcome.answer),
  };
}

const BOOKS = 'You answer for a book shop.';
const manifest = (dependencies: string[], more = {}) =>
  JSON.stringify({
    name: 'shop',
    type: 'module',
    devDependencies: { 'failover-drill': '*' },
    ...more,
    dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])),
  });

const OPENAI = `import OpenAI from 'openai';
// const model = 'gpt-3.5-turbo';
const client = new OpenAI();
export async function complete(model, question) {
  const reply = await client.chat.completions.create({ model, messages: [{ role: 'system', content: '${BOOKS}' }, { role: 'user', content: question }] });
  return reply.choices[0].message.content;
}
`;
const SHOP = `import { complete } from './llm.js';
export const answer = async (question) => {
  try {
    return 'Bot: ' + (await complete('gpt-5-mini', question));
  } catch {
    return 'Bot: ' + (await complete('gpt-5-nano', question));
  }
};
`;
const ROUTE = `import { openai } from '@ai-sdk/openai';
import { convertToModelMessages, streamText } from 'ai';
export async function POST(req: Request) {
  const { messages } = await req.json();
  const result = streamText({ model: openai('gpt-5-mini'), system: 'Begin with Bot.', messages: await convertToModelMessages(messages) });
  return result.toUIMessageStreamResponse();
}
`;
const LANGCHAIN = `import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
const first = new ChatOpenAI({ model: 'gpt-5-mini', timeout: 3000, maxRetries: 0 });
const second = new ChatAnthropic({ model: 'claude-haiku-4-5', maxRetries: 0 });
export function respond(messages: { role: string; content: string }[]) {
  return first.withFallbacks([second]).invoke(messages);
}
`;
const GENAI = `import { GoogleGenAI } from '@google/genai';
export default async function ({ prompt }) {
  const ai = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
  const reply = await ai.models.generateContent({ model: 'gemini-2.5-flash', contents: prompt });
  return { text: 'Bot: ' + reply.text };
}
`;
const ANTHROPIC = `const Anthropic = require('@anthropic-ai/sdk');
const client = new Anthropic({ timeout: 3000, maxRetries: 0 });
async function* stream(question) {
  yield 'Bot: ';
  const reply = await client.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 500, messages: [{ role: 'user', content: question }] });
  yield reply.content[0].text;
}
module.exports = { stream };
`;
const HANDLER = `import OpenAI from 'openai';
export async function POST(request: Request): Promise<Response> {
  const { message } = await request.json();
  const reply = await new OpenAI({ timeout: 3000, maxRetries: 0 }).responses.create({ model: 'gpt-5-mini', input: message });
  return Response.json({ reply: 'Bot: ' + reply.output_text });
}
`;
/** Stands for the package, which is not installed here. */
const PYTHON_SDK = `import json, os, urllib.request
def complete(model, text):
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body, {"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
    with urllib.request.urlopen(request, timeout=3) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]
`;
const PYTHON = `import openai
print("loaded")
async def answer(question: str, tone: str = "kind") -> str:
    for model in ("gpt-5-mini", "gpt-5-nano"):
        try:
            return "Bot: " + openai.complete(model, question)
        except OSError:
            pass
    raise RuntimeError("nobody answers")
`;

interface Case {
  files: Record<string, string>;
  words?: string[];
  /** What the screen of \`init\` says is drilled, and how the drill is run. */
  drills: string;
  next?: string;
  models: string[];
  /** Of the drill \`model_hangs\`. */
  code: number;
  /** How every answer begins. */
  says?: RegExp;
}

const CASES: Record<string, Case> = {
  'an empty folder': {
    files: {},
    drills: 'a small agent of its own',
    next: 'npx failover-drill run model_hangs',
    models: ['gpt-5-mini', 'gpt-5-nano'],
    code: 0,
  },
  'openai, with a client in another file': {
    files: {
      'package.json': manifest(['openai']),
      'package-lock.json': '{}',
      'src/llm.js': OPENAI,
      'src/answer.js': SHOP,
    },
    drills: 'src/answer.js#answer, which calls primary gpt-5-mini (openai-chat), then backup gpt-5-nano (openai-chat)',
    next: 'npx drill run model_hangs',
    models: ['gpt-5-mini', 'gpt-5-nano'],
    // The client waits for ten minutes.
    code: 1,
    says: /^Bot: /,
  },
  'ai, in a route': {
    files: {
      'package.json': manifest(['ai', '@ai-sdk/openai']),
      'pnpm-lock.yaml': '',
      'tsconfig.json': '{}',
      'app/api/chat/route.ts': ROUTE,
    },
    drills: 'app/api/chat/route.ts#POST, which calls primary gpt-5-mini (openai-responses)',
    next: 'pnpm exec drill run model_hangs',
    models: ['gpt-5-mini'],
    code: 1,
  },
  '@langchain/openai, with a fallback of its own': {
    files: {
      'package.json': manifest(['@langchain/openai']),
      'yarn.lock': '__metadata:\n',
      'tsconfig.json': '{}',
      'lib/respond.ts': LANGCHAIN,
    },
    drills: 'lib/respond.ts#respond, which calls primary gpt-5-mini (openai-chat), then backup claude-haiku-4-5',
    next: 'yarn drill run model_hangs',
    models: ['gpt-5-mini', 'claude-haiku-4-5'],
    code: 0,
  },
  '@google/genai, in a default export': {
    files: { 'package.json': manifest(['@google/genai']), 'bun.lock': '', 'index.js': GENAI },
    drills: 'index.js#default, which calls primary gemini-2.5-flash (gemini)',
    next: 'bunx drill run model_hangs',
    models: ['gemini-2.5-flash'],
    code: 1,
    says: /^Bot: /,
  },
  '@anthropic-ai/sdk, in CommonJS, piece by piece': {
    files: { 'package.json': manifest(['@anthropic-ai/sdk'], { type: 'commonjs' }), 'bot.js': ANTHROPIC },
    drills: 'bot.js#stream, which calls primary claude-sonnet-4-5 (anthropic-messages)',
    models: ['claude-sonnet-4-5'],
    code: 0,
    says: /^Bot: /,
  },
  'openai’s Responses, in a handler with a shape of its own': {
    files: {
      'package.json': manifest(['openai']),
      'tsconfig.json': '{ "compilerOptions": { "module": "NodeNext" } }',
      'src/api.ts': HANDLER,
    },
    drills: 'src/api.ts#POST, which calls primary gpt-5-mini (openai-responses)',
    models: ['gpt-5-mini'],
    code: 0,
    says: /^Bot: /,
  },
  'a Python project': {
    files: { 'pyproject.toml': '[project]\nname = "shop"\n', 'openai.py': PYTHON_SDK, 'src/shop/answers.py': PYTHON },
    drills: 'src/shop/answers.py#answer, which calls primary gpt-5-mini (openai-chat), then backup gpt-5-nano',
    next: 'npx failover-drill run model_hangs',
    models: ['gpt-5-mini', 'gpt-5-nano'],
    code: 0,
    says: /^Bot: /,
  },
};

describe('a first drill of', () => {
  it.each(Object.entries(CASES))(
    '%s',
    async (_, { files, words = [], drills, next = 'npx drill run', models, code, says = /./ }) => {
      using project = new Project(files);
      const { cwd } = project;
      const init = await drill(cwd, 'init', '--yes', ...words);
      expect([init.code, init.err]).toEqual([0, '']);
      expect(init.out).toContain(`drills ${drills}`);
      expect(init.out).toContain(`\n  ${next}`);
      expect(filesIn(cwd)).toMatchObject(files);
      const all = await drill(cwd, 'validate');
      expect([all.code, all.err], all.out).toEqual([0, '']);
      const run = await drill(cwd, 'run', 'model_hangs');
      expect(run.code, init.out + run.out + run.err).toBe(code);
      const { models: called, answers } = runIn(cwd);
      expect(called.sort()).toEqual(models.sort());
      expect(answers.length).toBeGreaterThan(0);
      for (const answer of answers) expect(answer).toMatch(says);
    },
  );
});

/** A service as its users call it: one model, and no limit of time that is its own. */
const service = (models: string, port: number) => `import { createServer } from 'node:http';
const ask = async (model, content) => {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.OPENAI_API_KEY };
  const reply = await fetch(${models} + '/chat/completions', { method: 'POST', headers, body});
  return (await reply.json()).choices[0].message.content;
};
createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  const { input } = text === '' ? {} : JSON.parse(text);
  const answer = input && (await ask('gpt-5-mini', input).catch(() => ask('gpt-5-nano', input)));
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ answer: 'Bot: ' + answer }));
}).listen(${port}, '127.0.0.1');
`;

describe('a first drill of an HTTP service', () => {
  it('that drill starts', async () => {
    const port = await freePorts(1);
    using project = new Project({
      'package.json': manifest(['openai']),
      'server.mjs': service('process.env.OPENAI_BASE_URL', port),
    });
    const url = `http://127.0.0.1:${port}/ask`;
    const init = await drill(project.cwd, 'init', '--yes', '--target', url, '--start', 'node server.mjs');
    expect(init.out).toContain(`drills the service at ${url}`);
    const run = await drill(project.cwd, 'run', 'model_is_down');
    expect(run.code, run.out + run.err).toBe(0);
    expect(runIn(project.cwd).answers).toEqual(Array(3).fill(expect.stringMatching(/^Bot: /)));
  });

  it('that runs already', async () => {
    const stand = await freePorts(3);
    using project = new Project({});
    await using running = await listening(stand);
    const init = await drill(project.cwd, 'init', '--target', `http://127.0.0.1:${running.port}/ask`);
    expect([init.code, init.err]).toEqual([0, '']);
    const config = join(project.cwd, 'drill.config.yaml');
    // Ports of its own, as other tests run beside it.
    writeFileSync(config, readFileSync(config, 'utf8').replace(/^( +)http: .*$/m, `$&\n$1stand: { port: ${stand} }`));
    const run = await drill(project.cwd, 'run', 'model_is_down');
    expect(run.out).toMatch(/fails-over|ends-inside-deadline/);
    expect(run.code, run.out + run.err).toBe(1);
    expect(runIn(project.cwd).answers).toEqual(Array(3).fill(expect.stringMatching(/^Bot: /)));
  });
});

/** The same in this process, as somebody has started it: it calls one model, and says what it got as it is. */
async function listening(stand: number) {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const body = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: JSON.parse(text).input }] });
    const headers = { 'content-type': 'application/json', authorization: 'Bearer any' };
    const reply = await fetch(`http://127.0.0.1:${stand}/v1/chat/completions`, { method: 'POST', headers, body });
    const answer = JSON.parse(await reply.text()).choices?.[0].message.content;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ answer: `Bot: ${answer}` }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())) };
}

describe('what is there already', () => {
  const there = {
    'package.json': manifest(['openai']),
    'src/llm.js': OPENAI,
    'src/answer.js': SHOP,
    '.gitignore': 'dist',
    'drills/model_hangs.yaml': '# mine\n',
    'drill.config.yaml':
      'roles:\n  primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-mini, key_env: OPENAI_API_KEY }\n',
  };

  it('stays as it is, and what is written beside it can be run', async () => {
    using project = new Project(there);
    const init = await drill(project.cwd, 'init', '--yes');
    const { '.gitignore': ignored, ...kept } = there;
    expect(filesIn(project.cwd)).toMatchObject({ ...kept, '.gitignore': `${ignored}\nreports/\n` });
    expect(init.out).toContain('kept         drills/model_hangs.yaml, which is there already');
    expect(init.out).toMatch(
      /drill\.config\.yaml was kept\. For this target, add to its `targets`:\n {2}answer:\n {4}module: /,
    );
    const [, words = ''] = /npx drill (run model_\w+.*)/.exec(init.out) ?? [];
    const run = await drill(project.cwd, ...words.replace('model_hangs', 'model_is_down').split(' '));
    expect([run.code, run.err], run.out).toEqual([1, '']);
    // The second time there is nothing to write.
    const before = filesIn(project.cwd);
    const again = await drill(project.cwd, 'init', '--yes');
    expect([again.code, again.out.includes('wrote ')]).toEqual([0, false]);
    expect(filesIn(project.cwd)).toEqual(before);
  });

  it('is not touched by a dry run, which shows every file', async () => {
    using project = new Project(there);
    const init = await drill(project.cwd, 'init', '--dry-run');
    expect(filesIn(project.cwd)).toEqual(there);
    for (const file of ['drills/agent.mjs', 'drills/nothing_answers.yaml'])
      expect(init.out).toContain(`would write  ${file}`);
  });

  it.each([
    [['--force'], /--force\n.*never written over|never written over[\s\S]*--force/],
    [['--target', 'src/anwser.js'], /there is no file src\/anwser\.js[\s\S]*src\/answer\.js#answer/],
    [['--target', 'src/answer.js#ask'], /in src\/answer\.js no function was found that could be asked as ask/],
  ])('%j is told', async (words, message) => {
    using project = new Project(there);
    const { code, err } = await drill(project.cwd, 'init', ...words);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(filesIn(project.cwd)).toEqual(there);
  });
});
