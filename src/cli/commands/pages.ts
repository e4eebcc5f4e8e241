/** What is explained in words, and has no file format of its own; a test follows the examples. */
interface Page {
  summary: string;
  says: readonly string[];
  title: string;
  example: string;
}

export const PAGES: Record<string, Page> = {
  agent: {
    summary:
      'Your code as drill asks it: the default export of a module. It is handed a task and gives back a text or an outcome.',
    says: [
      `It gets
  task     what is asked: \`drill explain task\`
  roles    by name, what a model is called with here: base_url, model, api_key, protocol
  tools    schemas, and call(name, args, { idempotency_key }): what the workflow’s tools file names
  approve  asks a person: resolves to granted, denied or silence
  signal   fires when the user leaves`,
      `It gives back a text, or an outcome (\`drill explain outcome\`). What it throws is a failure, as its users would see it.
Calls are seen at \`fetch\`: an SDK on its provider’s own host needs no change. \`drill init\` writes such a module around a
function of yours. Types: import type { Agent, Task, Outcome } from 'failover-drill'.`,
    ],
    title: 'Example, in my-agent.mjs',
    example: `/** @type {import('failover-drill').Agent} */
const agent = async (task, { roles, signal }) => {
  for (const role of [roles.primary, roles.backup]) {
    const body = JSON.stringify({ model: role.model, messages: [{ role: 'user', content: task.input }] });
    const headers = { 'content-type': 'application/json', authorization: \`Bearer \${role.api_key}\` };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
    const asked = fetch(\`\${role.base_url}/chat/completions\`, { method: 'POST', headers, body, signal: limit });
    const reply = await asked.then((response) => response.json()).catch(() => undefined);
    if (reply?.choices) return reply.choices[0].message.content;
  }
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};
export default agent;`,
  },
  task: {
    summary: 'What a target is asked: a golden task as your code gets it.',
    says: [
      `id               unlike any other of the run
workflow         whose golden task it is
tenant           whose records it may see
priority         high, normal or low
input            the question
history          what was said before: { role, content }, oldest first; absent where nothing was
sources          what it may cite: { id, text }, and image: { media_type, data } of a picture
response_schema  the JSON Schema of the answer, where the contract has one
stream           whether the user reads along; absent where the drill does not say
deadline_ms      milliseconds the user waits at most
budget_usd       US dollars that its calls may cost; absent where nothing is said
tools            names of the tools it may use; absent where there are none
contract         what the workflow’s contract asks; absent where there is none`,
    ],
    title: 'Example, as a program reads it on its standard input',
    example:
      '{ "id": "opening_hours#1", "workflow": "support", "tenant": "default", "priority": "normal", "input": "When are you open?", "sources": [], "deadline_ms": 12000 }',
  },
  target: {
    summary:
      'What is drilled: anything that takes a task and gives back an answer, and whose model calls can be led to drill.',
    says: [
      `a module   ./agent.ts, in virtual time: an agent (\`drill explain agent\`), or an HTTP handler with \`as\`
a program  "python3 agent.py", agent.py: it reads a task as a line of JSON and writes its answer
a service  http://127.0.0.1:8080/ask: it is sent tasks, and started by drill where \`start\` says how
of drill   reference: the agent that comes with the package`,
      'Named by `--target`, or in `targets` of drill.config.yaml, where more can be said of it. It is judged by what it `declares`.',
    ],
    title: 'Example, in drill.config.yaml',
    example: `targets:
  support: { command: python3 agent.py, declares: { features: [fallback, deadline], deadline_ms: 12000 } }
default_target: support`,
  },
  workflow: {
    summary:
      'What a product does for its users, as a folder: golden tasks whose right answers are known, and what no fallback may lose.',
    says: [
      `fixtures/golden/<workflow>/   named by \`workflow\` of a drill; or any folder, with --tasks
  *.yaml, *.json              golden tasks, at least one: \`drill explain golden-task\`
  contract.yaml               \`drill explain contract\`
  tools.yaml                  \`drill explain tools\`
  concepts.yaml               \`drill explain concepts\`
  notices.yaml                \`drill explain notices\`
  sources/<id>.md             what tasks may cite; sources/<tenant>/<id>.md where it is one tenant’s`,
    ],
    title: 'Example, fixtures/golden/support/opening_hours.yaml',
    example: `name: opening_hours
input: When are you open on Sunday?
must_include: [10 am]
max_latency_ms: 12000`,
  },
};
