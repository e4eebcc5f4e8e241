import { basename, dirname } from 'node:path';
import type { FoundFunction, Takes } from './functions.ts';

/** How the project is written. */
export interface Style {
  language: 'js' | 'python';
  /** What runs Python here. */
  python: string;
  typescript: boolean;
  /** Modules of TypeScript name files as they will be called when they are compiled. */
  nodeNext: boolean;
}

/** Where the file between drill and the user's function is written. */
export const adapterFile = ({ language, typescript }: Style): string =>
  `drills/agent.${language === 'python' ? 'py' : typescript ? 'ts' : 'mjs'}`;

const NOTE = `Between drill and your code: drill asks, your function answers, and what comes back (or is thrown) is
judged as your users would see it. \`drill explain task\` and \`drill explain outcome\` show both shapes.`;
const commented = (text: string, mark: string) => text.replace(/^/gm, `${mark} `);

/** The file that hands a task to a function of the project's; undefined where drill can ask the function as it is. */
export function adapterFor(fn: FoundFunction, style: Style): string | undefined {
  if (fn.file.language === 'python') return pythonAdapter(fn);
  const { takes } = fn;
  if (fn.name === 'default' && takes.what === 'task') return undefined;
  if (takes.what === 'request' && takes.as !== undefined) return undefined;
  const own = fn.name === 'default' ? 'answer' : fn.name;
  const from = `from '../${importPath(fn.file.path, style)}';`;
  if (takes.what === 'task') return `${commented(NOTE, '//')}\nexport { ${own} as default } ${from}\n`;
  const imported = fn.name === 'default' ? `import ${own} ${from}` : `import { ${own} } ${from}`;
  const typed = style.typescript;
  const asked = called(own, takes, fn.pieces);
  const handed = /\bsignal\b/.test(asked) ? 'task, { signal }' : 'task';
  return `${commented(NOTE, '//')}
${typed ? "import type { Agent } from 'failover-drill';\n" : ''}${imported}

${typed ? 'const agent: Agent = ' : "/** @type {import('failover-drill').Agent} */\nconst agent = "}async (${handed}) => {
  // What your retrieval would find. Where your function finds its sources itself, ask it task.input alone.
  const sources = task.sources.map(({ id, text }) => \`[\${id}]\\n\${text}\\n\\n\`).join('');
  const question = \`\${sources}\${task.input}\`;
  const reply${typed ? ': any' : ''} = ${asked};
${readBack(fn)}};

export default agent;
`;
}

function called(own: string, takes: Takes, pieces: boolean): string {
  const wait = pieces ? '' : 'await ';
  if (takes.what === 'request') {
    const body = `{ ${(takes.fields.length > 0 ? takes.fields : ['input']).map(filled).join(', ')} }`;
    return `${wait}${own}(
    new Request('http://localhost/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(${body}),
      signal,
    }),
  )`;
  }
  if (takes.what === 'messages') return `${wait}${own}([...(task.history ?? []), { role: 'user', content: question }])`;
  if (takes.what === 'fields') return `${wait}${own}({ ${fieldsOf(takes.fields).map(filled).join(', ')} })`;
  return `${wait}${own}(question)`;
}

const MEANS: readonly [RegExp, string][] = [
  [/^(messages|history|conversation|thread)$/i, "[...(task.history ?? []), { role: 'user', content: question }]"],
  [/^(question|prompt|input|text|message|query|content|q)$/i, 'question'],
  [/^(signal|abortSignal)$/, 'signal'],
  [/^(id|requestId|sessionId|conversationId|threadId)$/i, 'task.id'],
  [/^(tenant|tenantId|customer|user|userId)$/i, 'task.tenant'],
  [/^(sources|documents|docs|context)$/i, 'task.sources'],
];
const meaning = (field: string) => MEANS.find(([name]) => name.test(field))?.[1];

/** Those that can be filled; where none of them is the question, the first one is taken for it. */
function fieldsOf(fields: readonly string[]): string[] {
  const known = fields.filter((field) => meaning(field) !== undefined);
  return known.some((field) => meaning(field)?.includes('question')) ? known : [...fields.slice(0, 1), ...known];
}

function filled(field: string): string {
  const value = meaning(field) ?? 'question';
  return value === field ? field : `${field}: ${value}`;
}

function readBack({ pieces, takes }: FoundFunction): string {
  if (pieces)
    return `  let answer = '';
  for await (const piece of reply) answer += typeof piece === 'string' ? piece : (piece.text ?? piece.content ?? '');
  return answer;
`;
  if (takes.what === 'request')
    return `  const text = await reply.text();
  if (!reply.ok) return { kind: 'failed', notice: text };
  // TODO: name the field in which your users find the answer.
  const said = reply.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { answer: text };
  return { kind: 'answered', answer: said.answer ?? said.reply ?? said.text ?? said.message ?? text };
`;
  return `  if (typeof reply === 'string') return reply;
  // TODO: name the field in which your users find the answer, where it is called otherwise.
  if (reply?.answer !== undefined) return { kind: 'answered', ...reply };
  return (await reply?.text) ?? reply?.content ?? reply;
`;
}

function importPath(path: string, { typescript, nodeNext }: Style): string {
  if (!typescript || !/\.tsx?$/.test(path)) return path;
  return path.replace(/\.tsx?$/, nodeNext ? '.js' : '');
}

function pythonAdapter({ file, name, takes, pieces }: FoundFunction): string {
  const module = file.path
    .replace(/^src\//, '')
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
  const asked = {
    messages: '[*task.get("history", []), {"role": "user", "content": question}]',
    task: 'task',
  }[takes.what as 'messages'];
  const read = pieces
    ? `reply = "".join(str(piece) for piece in ${name}(${asked ?? 'question'}))`
    : `reply = ${name}(${asked ?? 'question'})
    if inspect.isawaitable(reply):
        reply = asyncio.run(reply)`;
  return `${commented(NOTE, '#')}
${pieces ? '' : 'import asyncio\n'}import contextlib
${pieces ? '' : 'import inspect\n'}import json
import pathlib
import sys

project = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(project)${file.path.startsWith('src/') ? ', str(project / "src")' : ''}]
task = json.loads(sys.stdin.readline())
# What your retrieval would find. Where your function finds its sources itself, ask it task["input"] alone.
sources = "".join(f"[{source['id']}]\\n{source['text']}\\n\\n" for source in task["sources"])
question = sources + task["input"]

# Standard output is for the outcome: what your code prints goes to the log.
with contextlib.redirect_stdout(sys.stderr):
    from ${module} import ${name}

    ${read}

# TODO: name the field in which your users find the answer, where it is no text.
print(json.dumps(reply if isinstance(reply, dict) and "answer" in reply else {"kind": "answered", "answer": str(reply)}))
`;
}

/** A small agent of its own for a project in which no function was found: it runs, and says what to put in its place. */
export function exampleAgent({ language, typescript }: Style): string {
  if (language === 'python') return PYTHON_EXAMPLE;
  const typed = typescript ? "import type { Agent } from 'failover-drill';\n\n" : '';
  const head = typescript ? 'const agent: Agent = ' : "/** @type {import('failover-drill').Agent} */\nconst agent = ";
  return `// TODO: call your own code here; until then drill drills this small agent, which asks one model after the other.
${typed}${head}async (task, { roles, signal }) => {
  // return await answer(task.input);   // your function, your SDK; what it throws is what your users would see
  for (const role of [roles.primary, roles.backup]) {
    if (role === undefined) continue;
    try {
      const response = await fetch(\`\${role.base_url}/chat/completions\`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: \`Bearer \${role.api_key}\` },
        body: JSON.stringify({ model: role.model, messages: [{ role: 'user', content: task.input }] }),
        // Layer 4: each model has a share of the time that a user waits.
        signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
      });
      const reply${typescript ? ': any' : ''} = await response.json();
      return reply.choices[0].message.content;
    } catch {
      // The next one.
    }
  }
  // Layer 7: no vague error, but what is limited, what is kept and what comes next.
  return { kind: 'failed', notice: 'I cannot answer right now. Your question is kept; please try again in a few minutes.' };
};

export default agent;
`;
}

const PYTHON_EXAMPLE = `# TODO: call your own code here; until then drill drills this small agent, which asks one model after the other.
import json
import os
import sys
import urllib.request

task = json.loads(sys.stdin.readline())
roles = json.loads(os.environ["DRILL_ROLES"])


def ask(role):
    # answer = my_function(task["input"])   # your function, your SDK; what it raises is what your users would see
    body = {"model": role["model"], "messages": [{"role": "user", "content": task["input"]}]}
    headers = {"content-type": "application/json", "authorization": "Bearer " + role["api_key"]}
    request = urllib.request.Request(role["base_url"] + "/chat/completions", json.dumps(body).encode(), headers)
    # Layer 4: each model has a share of the time that a user waits.
    with urllib.request.urlopen(request, timeout=4) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]


for name in ("primary", "backup"):
    try:
        print(json.dumps({"kind": "answered", "answer": ask(roles[name])}))
        break
    except Exception as error:
        print(f"{name}: {error}", file=sys.stderr)
else:
    # Layer 7: no vague error, but what is limited, what is kept and what comes next.
    print(json.dumps({"kind": "failed", "notice": "I cannot answer right now. Your question is kept; please try again in a few minutes."}))
`;

/** A name for the target, of the file in which its function stands. */
export const targetName = ({ file, name }: FoundFunction): string => {
  const stem = basename(file.path).replace(/\.\w+$/, '');
  const word = ['index', 'route', '__init__', 'main', 'app'].includes(stem)
    ? name === 'default' || name === 'POST'
      ? basename(dirname(file.path))
      : name
    : stem;
  return kebab(word) || 'my-agent';
};

export const kebab = (word: string): string =>
  word
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
