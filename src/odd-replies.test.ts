import { describe, expect, it } from 'vitest';
import type { CellReport, RunReport } from './core/report.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

/** A whole agent on `fetch` that reads replies and streams itself, and hands out nothing but a whole answer. */
const CORRECT = `
export const declares = { features: ['fallback', 'deadline', 'retries'], chain: ['primary', 'backup'], retries: 0, deadline_ms: 20000 };
const own = (host, model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://' + host + '/v1', model });
export const roles = { primary: own('api.openai.com', 'gpt-5-mini'), backup: own('api.groq.com', 'llama-4') };
let spent = 0;

async function* events(body) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const blocks = rest.split('\\n\\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split('\\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).join('');
      if (data === '[DONE]') return;
      if (data !== '') yield JSON.parse(data);
    }
  }
}

async function readStream(reply) {
  let [text, ended] = ['', undefined];
  const calls = [];
  for await (const { choices, error } of events(reply.body)) {
    if (error) throw new Error(error.message);
    const [choice] = choices;
    if (choice === undefined) continue;
    text += choice.delta.content ?? '';
    for (const { index, id, function: part } of choice.delta.tool_calls ?? []) {
      const known = calls.find((one) => (id ? one.id === id : one.index === index)) ?? (id ? undefined : calls.at(-1));
      const call = known ?? { id, index, name: part.name, args: '' };
      if (!known) calls.push(call);
      call.args += part.arguments ?? '';
    }
    ended = choice.finish_reason ?? ended;
  }
  return { text, calls, ended };
}

async function readWhole(reply) {
  const got = JSON.parse(await reply.text());
  const [{ message, finish_reason: ended }] = got.choices;
  spent += got.usage?.total_tokens ?? 0;
  const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({ id, name, args }));
  return { text: message.content ?? '', calls, ended };
}

const bare = (text) => text.replace(/^<think>.*?<\\/think>/s, '').trim().replace(/^\`\`\`\\w*\\n(.*)\\n\`\`\`$/s, '$1');

async function said({ base_url, api_key, model }, task, messages, offered) {
  const body = { model, messages, stream: task.stream === true, ...(offered.length > 0 && { tools: offered }) };
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + api_key };
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 6000);
  try {
    const reply = await fetch(base_url + '/chat/completions', { method: 'POST', headers, body: JSON.stringify(body), signal: limit.signal });
    if (!reply.ok) throw new Error('status ' + reply.status);
    const { text, calls, ended } = await (task.stream === true ? readStream(reply) : readWhole(reply));
    if (ended !== 'stop' && ended !== 'tool_calls') throw new Error('no whole reply');
    return { text: bare(text), calls };
  } finally {
    clearTimeout(timer);
  }
}

async function ask(role, task, tools) {
  const documents = task.sources.map(({ id, text }) => '[' + id + '] ' + text).join('\\n');
  const messages = [{ role: 'user', content: documents + '\\n' + task.input }];
  const offered = (tools?.schemas ?? []).map((one) => ({ type: 'function', function: one }));
  for (let turn = 0; turn < 5; turn++) {
    const { text, calls } = await said(role, task, messages, offered);
    if (calls.length === 0) return text;
    messages.push({ role: 'assistant', tool_calls: calls.map(({ id, name, args }) => ({ id, type: 'function', function: { name, arguments: args } })) });
    for (const { id, name, args } of calls)
      messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(await tools.call(name, JSON.parse(args))) });
  }
  throw new Error('it never comes to an end');
}

export default async (task, { roles, tools }) => {
  for (const role of [roles.primary, roles.backup])
    try {
      return await ask(role, task, tools);
    } catch (error) {
      // The next one is asked.
    }
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};
`;

const tool = (name: string, of: string) => ({
  name,
  description: `Looks up ${of}.`,
  parameters: { type: 'object', properties: { [of]: { type: 'string' } }, required: [of], additionalProperties: false },
});
const PRICE = {
  'my-tasks/price.yaml': `
name: price
input: What does the lamp cost, and until when?
answer: '€€€ is for sale at 40 € until Friday (€€), at 45 € after it (€€€), and for 5 € less (€) to whoever brings the old lamp back.'
`,
};
const STOCK = {
  'my-tasks/stock.yaml': `
name: stock
input: Is the lamp of order 7 still to be had?
answer: Three lamps like the one of order 7 are left in the shop.
turns:
  - { tool: lookup_order, args: { order: '7' }, returns: { order: '7', item: lamp } }
  - { tool: lookup_stock, args: { item: lamp }, returns: { item: lamp, left: 3 }, parallel: true }
`,
  'my-tasks/tools.json': JSON.stringify([tool('lookup_order', 'order'), tool('lookup_stock', 'item')]),
  'my-tasks/contract.yaml': 'workflow: my-tasks\npermissions: { tools: { lookup_order: read, lookup_stock: read } }\n',
};

const SWAP = {
  'my-tasks/swap.yaml': `
name: swap
input: Please swap the lamp of order 7, by express.
answer: The lamp of order 7 is swapped, and the new one comes by express.
turns: [{ tool: book_swap, args: { order: '7', express: 'yes' } }]
`,
  'my-tasks/tools.json': JSON.stringify([
    {
      ...{ name: 'book_swap', description: 'Sends a new one.' },
      parameters: {
        ...{ type: 'object', required: ['order'], additionalProperties: false },
        properties: { order: { type: 'string' }, express: { type: 'string' } },
      },
    },
  ]),
  'my-tasks/contract.yaml': 'workflow: my-tasks\npermissions: { tools: { book_swap: { write: true } } }\n',
};

interface Flaw {
  does: string;
  /** Of each edit the first text stands once in the correct agent, and the second takes its place. */
  edits: [from: string, to: string][];
  /** Under which it shows, and nothing of it without. */
  faults: string[];
  streams?: true;
  files?: Record<string, string>;
  check: string;
  /** A part of the reason, which names the defect. */
  says: string;
}

const ON_STATUS_ALONE: Flaw['edits'] = [
  ['// The next one is asked.', "if (!error.message.startsWith('status ')) throw error;"],
];

const FLAWS: Flaw[] = [
  // --- at a good status, something else -------------------------------------------
  {
    does: 'takes whatever is no JSON for the words of a plain server',
    edits: [
      [
        'const got = JSON.parse(await reply.text());',
        "const sent = await reply.text();\n  if (!sent.startsWith('{')) return { text: sent, calls: [], ended: 'stop' };\n  const got = JSON.parse(sent);",
      ],
    ],
    faults: ['odd-success, how: html', 'odd-success, how: empty'],
    check: 'fails-over',
    says: 'backup never called (1 attempt on primary); the outcome is answered',
  },
  {
    does: 'takes "no content" for an answer that is done',
    edits: [['if (!reply.ok)', "if (reply.status === 204) return { text: 'Done.', calls: [] };\n    if (!reply.ok)"]],
    faults: ['odd-success, how: no-content'],
    check: 'arrives-whole',
    says: 'another answer',
  },
  {
    does: 'hands out the message of the body where it has no choices',
    edits: [
      [
        'const [{ message, finish_reason: ended }] = got.choices;',
        "const [{ message, finish_reason: ended }] = got.choices ?? [{ message: { content: got.message }, finish_reason: 'stop' }];",
      ],
    ],
    faults: ['odd-success, how: envelope'],
    check: 'arrives-whole',
    says: 'another answer',
  },
  {
    does: 'hands out the message of an error that comes as a success',
    edits: [
      [
        'const [{ message, finish_reason: ended }] = got.choices;',
        "const [{ message, finish_reason: ended }] = got.choices ?? [{ message: { content: got.error.message }, finish_reason: 'stop' }];",
      ],
    ],
    faults: ['odd-success, how: error-object'],
    check: 'arrives-whole',
    says: 'the answer repeats the error message of primary',
  },
  {
    does: 'has an empty answer where the list of answers is empty',
    edits: [
      [
        'const [{ message, finish_reason: ended }] = got.choices;',
        "const [{ message, finish_reason: ended } = { message: {}, finish_reason: 'stop' }] = got.choices;",
      ],
    ],
    faults: ['odd-success, how: no-answer'],
    check: 'arrives-whole',
    says: 'empty',
  },
  {
    does: 'fails over on a status, and on nothing else',
    edits: ON_STATUS_ALONE,
    faults: ['odd-success, how: too-short', 'odd-success, how: too-long', 'connection-refused'],
    check: 'fails-over',
    says: 'backup never called',
  },
  {
    does: 'asks again and again for a body that it cannot read',
    edits: [
      [
        '    const { text, calls } = await said(role, task, messages, offered);',
        `    const again = (tries) => said(role, task, messages, offered).catch((error) => {
      if (!(error instanceof SyntaxError) || tries === 0) throw error;
      return again(tries - 1);
    });
    const { text, calls } = await again(4);`,
      ],
    ],
    faults: ['odd-success, how: too-short', 'odd-success, how: html'],
    check: 'retries-at-most',
    says: 'primary',
  },
  {
    does: 'counts on the usage, and ends where there is none',
    edits: [['got.usage?.total_tokens ?? 0', 'got.usage.total_tokens'], ...ON_STATUS_ALONE],
    faults: ['odd-success, how: no-usage'],
    check: 'fails-over',
    says: 'failed',
  },
  {
    does: 'does not look at how a reply ends',
    edits: [["if (ended !== 'stop' && ended !== 'tool_calls') throw new Error('no whole reply');\n", '']],
    faults: ['ends-otherwise, share: 0.5, reason: length'],
    check: 'arrives-whole',
    says: 'truncated',
  },
  {
    does: 'waits in time for the head alone',
    edits: [['if (!reply.ok)', 'clearTimeout(timer);\n    if (!reply.ok)']],
    faults: ['stall'],
    check: 'ends-inside-deadline',
    says: 'allowed',
  },
  {
    does: 'hands out what stands around the answer',
    edits: [['text: bare(text)', 'text']],
    faults: ['wrapped-answer, in: code-fence', 'wrapped-answer, in: think-tag'],
    check: 'arrives-whole',
    says: 'handed out inside a',
  },

  // --- a stream that is told oddly --------------------------------------------------
  {
    does: 'decodes each chunk for itself',
    edits: [['decoder.decode(bytes, { stream: true })', 'new TextDecoder().decode(bytes)']],
    faults: ['odd-stream, how: bytes'],
    streams: true,
    check: 'arrives-whole',
    says: 'another answer',
  },
  {
    does: 'takes a comment for a piece of the answer',
    edits: [
      [
        'const data = block',
        "if (block.startsWith(':')) yield { choices: [{ delta: { content: block } }] };\n      const data = block",
      ],
    ],
    faults: ['odd-stream, how: comments'],
    streams: true,
    check: 'arrives-whole',
    says: 'truncated',
  },
  {
    does: 'takes an event without choices for the usage, which comes last',
    edits: [
      ['if (choice === undefined) continue;', "if (choice === undefined) return { text, calls, ended: 'stop' };"],
    ],
    faults: ['odd-stream, how: empty-events, after_pieces: 2'],
    streams: true,
    check: 'arrives-whole',
    says: 'empty',
  },
  {
    does: 'adds its answer to the page each time when the end is said',
    edits: [
      ["let [text, ended] = ['', undefined];", "let [text, ended, page] = ['', undefined, ''];"],
      [
        'ended = choice.finish_reason ?? ended;',
        'ended = choice.finish_reason ?? ended;\n    if (choice.finish_reason) page += text;',
      ],
      [
        '  return { text, calls, ended };\n}\n\nasync function readWhole',
        '  return { text: page, calls, ended };\n}\n\nasync function readWhole',
      ],
    ],
    faults: ['odd-stream, how: double-end'],
    streams: true,
    check: 'arrives-whole',
    says: 'spliced',
  },
  {
    does: 'leaves the stream as soon as the end is said',
    edits: [
      ['ended = choice.finish_reason ?? ended;', 'ended = choice.finish_reason ?? ended;\n    if (ended) break;'],
    ],
    faults: ['odd-stream, how: early-end'],
    streams: true,
    check: 'arrives-whole',
    says: 'truncated',
  },
  {
    does: 'keeps tool calls at their index alone',
    edits: [
      [
        'const known = calls.find((one) => (id ? one.id === id : one.index === index)) ?? (id ? undefined : calls.at(-1));',
        'const known = calls[index];',
      ],
      ['if (!known) calls.push(call);', 'calls[index] = call;'],
    ],
    faults: ['odd-stream, how: no-index'],
    streams: true,
    files: STOCK,
    check: 'arrives-whole',
    says: 'empty',
  },

  // --- a stream that breaks -----------------------------------------------------------
  {
    does: 'does not know an error that comes inside a stream, and takes its end for that of the answer',
    edits: [
      ['if (error) throw new Error(error.message);\n    const [choice] = choices;', 'const [choice] = choices ?? [];'],
      ["if (ended !== 'stop' && ended !== 'tool_calls') throw new Error('no whole reply');\n", ''],
    ],
    faults: ['broken-stream, how: error, after_pieces: 0', 'broken-stream, how: error, after_pieces: 2'],
    streams: true,
    check: 'arrives-whole',
    says: '',
  },
  {
    does: 'completes the arguments of a tool call that was cut, and acts on them',
    edits: [
      ["if (ended !== 'stop' && ended !== 'tool_calls') throw new Error('no whole reply');\n", ''],
      ['JSON.parse(args)', "JSON.parse(args.endsWith('}') ? args : args.replace(/,[^,]*$/, '}'))"],
    ],
    faults: ['broken-stream, how: cut-in-arguments'],
    streams: true,
    files: SWAP,
    check: 'acts-as-asked',
    says: 'book_swap was run with other arguments',
  },
  {
    does: 'skips an event that it cannot read',
    edits: [
      [
        "if (data !== '') yield JSON.parse(data);",
        "try {\n        if (data !== '') yield JSON.parse(data);\n      } catch {}",
      ],
    ],
    faults: ['broken-stream, how: malformed-event'],
    streams: true,
    check: 'arrives-whole',
    says: 'another answer',
  },
  {
    does: 'fails over on a status, and on nothing else',
    edits: ON_STATUS_ALONE,
    faults: ['broken-stream, how: cut, by: closed', 'broken-stream, how: cut, by: reset', 'broken-stream, how: cut'],
    streams: true,
    check: 'fails-over',
    says: 'backup never called',
  },
  {
    does: 'does without the end of a stream',
    edits: [["if (ended !== 'stop' && ended !== 'tool_calls') throw new Error('no whole reply');\n", '']],
    faults: ['broken-stream, how: cut'],
    streams: true,
    check: 'arrives-whole',
    says: 'truncated',
  },
];

const drill = (faults: readonly string[], streams: boolean) => `
drill: odd
title: Replies are odd
hypothesis: Each task ends with its whole answer.
workflow: my-tasks
may_idle: true
phases:
  - { name: usual, tasks: 1, stream: ${streams} }
${faults.map((fault, i) => `  - { name: odd_${i + 1}, tasks: 1, stream: ${streams}, faults: [{ role: primary, fault: ${fault} }] }`).join('\n')}
expect: { fails-over: {}, retries-at-most: {}, arrives-whole: {} }
`;

const failedIn = ({ drills }: RunReport): (CellReport & { phase: string })[] =>
  drills.flatMap((d) => [
    ...d.checks.flatMap((c) => (c.verdict === 'failed' ? [{ ...c, phase: '' }] : [])),
    ...d.tasks.flatMap((t) => t.checks.flatMap((c) => (c.verdict === 'failed' ? [{ ...c, phase: t.phase }] : []))),
  ]);

async function played({ faults, streams, files = PRICE }: Pick<Flaw, 'faults' | 'streams' | 'files'>, agent: string) {
  using project = new Project({ ...files, 'drills/odd.yaml': drill(faults, streams === true), 'agent.mjs': agent });
  const request = { cwd: project.cwd, target: './agent.mjs', tasks: './my-tasks', names: ['./drills/odd.yaml'] };
  const { report, code } = await runDrill(request);
  return { code, found: failedIn(report), fired: report.drills.flatMap((d) => d.faults.map(({ fired }) => fired > 0)) };
}

describe('replies that are odd or broken', () => {
  it.each(FLAWS)('an agent that $does is found under each, and not without', async (flaw) => {
    const agent = flaw.edits.reduce((made, [from, to]) => {
      expect(CORRECT.split(from).length - 1, `this has to stand once in the agent: ${from}`).toBe(1);
      return made.replace(from, () => to);
    }, CORRECT);
    const { code, found } = await played(flaw, agent);
    const named = found.filter((c) => c.check === flaw.check && c.severity !== 'minor' && c.reason.includes(flaw.says));
    expect(named.map(({ phase }) => phase)).toEqual(flaw.faults.map((_, i) => `odd_${i + 1}`));
    expect(found.filter(({ phase }) => phase === 'usual')).toEqual([]);
    expect(code).toBe(1);
  });

  it.each<[string, (flaw: Flaw) => boolean]>([
    ['in one piece', ({ streams }) => streams === undefined],
    ['as a stream', ({ streams, files }) => streams === true && files === undefined],
    ['as a stream, with tools that read', ({ files }) => files === STOCK],
    ['as a stream, with tools that write', ({ files }) => files === SWAP],
  ])('nothing is found in the agent that they are made of: %s', async (_, like) => {
    const [first, ...more] = FLAWS.filter(like);
    if (first === undefined) throw new Error('no flaw');
    const faults = [...new Set([first, ...more].flatMap((flaw) => flaw.faults))];
    const { code, found, fired } = await played({ ...first, faults }, CORRECT);
    expect([code, found]).toEqual([0, []]);
    expect(fired).toEqual(faults.map(() => true));
  });
});
