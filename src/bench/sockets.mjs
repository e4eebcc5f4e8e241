// What a call costs the stand on sockets, beside servers that answer the same call; part of `npm run bench`.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { moduleOptions } from '../bundle.mjs';
import { median, root } from './measure.mjs';

const [CALLS, CONNECTIONS, ROUNDS] = [2000, 64, 5];

/** The stand in a process of its own, on a clock on which nothing takes time: what is left is what it does. */
const STAND = `
import { createRandom } from './core/random.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import { wholeCatalogue } from './catalogue.ts';
import { sourcesFor } from './core/golden-task.ts';
import { schemaFieldsOf } from './run/plan.ts';
import { createRecorder, createSequence } from './recording/recorder.ts';
import { createRedaction } from './redaction/redact.ts';
import { scriptFor } from './stand/script.ts';
import { openSockets } from './stand/sockets/index.ts';
import { createStand } from './stand/stand.ts';
import { DEFAULT_ROLES } from './config/target.ts';
import { addressesOf } from './equip.ts';
import { installRoutes } from './world/index.ts';
installRoutes();
const [dir, recorded] = process.argv.slice(2);
const { protocols, ...judges } = await wholeCatalogue();
const workflow = loadWorkflow(dir + '/fixtures/golden/support-answer', [dir + '/fixtures/sources'], { ...judges, protocols });
const clock = { kind: 'wall', epochMs: 0, now: () => 0, sleep: async () => {}, never: () => new Promise(() => {}) };
const [task] = workflow.tasks;
const markers = { sources: workflow.sources, canaries: workflow.canaries, schemaFields: schemaFieldsOf({ workflow }), results: [], models: {} };
const bare = { emit() {}, held: () => ({ sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] }), facts: () => ({}), digest: () => '', replied() {}, rereads: () => [] };
const written = (event) => void JSON.stringify(event);
const full = () => createRecorder({ drill: 'bench', sequence: createSequence(0), now: () => 0, markers, tasks: [], redaction: createRedaction({ literals: ['a-secret-of-somebody'], finders: [] }), sink: written });
// All calls are of one ask here, and nobody's are so many: what grows with them is left out.
const recording = recorded === 'recorded' ? { ...full(), replied() {}, rereads: () => [] } : bare;
const roles = DEFAULT_ROLES;
const stand = createStand({ clock, random: createRandom(1), roles, protocols, recording, schemaFields: [], contract: undefined, tools: [] });
const scope = { ask: 1, task: task.name, tenant: task.tenant };
stand.begin([]);
stand.play(1, scriptFor(task, sourcesFor(task, workflow.sources)));
const asks = { open: [scope], all: [scope], last: undefined };
const sockets = await openSockets({ clock, stand, roles, addresses: addressesOf(roles, protocols), protocols, recording, asks, secret: 'bench', print() {} });
console.log(sockets.roles().primary.base_url + '/chat/completions');
process.stdin.resume().on('end', () => process.exit());
`;

const BARE = `
import { createServer } from 'node:http';
const reply = JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: process.argv[2] }, finish_reason: 'stop' }], usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } });
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  JSON.parse(Buffer.concat(chunks));
  response.setHeader('content-type', 'application/json');
  response.end(reply);
}).listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port + '/v1/chat/completions'));
process.stdin.resume().on('end', () => process.exit());
`;

const AIMOCK = `
import { LLMock } from '@copilotkit/aimock';
const mock = new LLMock({ port: 0, logLevel: 'silent' });
mock.onMessage(/./, { content: process.argv[2] });
await mock.start();
console.log(mock.url + '/v1/chat/completions');
process.stdin.resume().on('end', () => process.exit());
`;

/** Seconds of CPU that a process has used so far, as Linux counts them. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function serve(file, args, cwd) {
  const child = spawn(process.execPath, [file, ...args], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      if (said.includes('\n')) resolve(said.trim());
    });
    child.once('exit', () => reject(new Error(`${file} ended: ${said}`)));
  });
  return { url, pid: child.pid, end: () => child.stdin.end() };
}

function call(url, agent, body) {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer k' } },
      (reply) => {
        reply.resume();
        reply.on('end', () => (reply.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${reply.statusCode}`))));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function load({ url }, agent, body, calls) {
  let left = calls;
  const one = async () => {
    while (left-- > 0) await call(url, agent, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
}

/** Says of each server what a call costs it, as a multiple of bare `node:http` in the same rounds. */
export async function sockets({ say, project }) {
  if (process.platform !== 'linux') return say.skip('a call over sockets', 'is measured on Linux only');
  const folder = join(project.cwd, 'sockets');
  mkdirSync(folder);
  await build({
    ...moduleOptions,
    stdin: { contents: STAND, resolveDir: join(root, 'src'), loader: 'ts' },
    outdir: folder,
    entryNames: 'stand',
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'bare.mjs'), BARE);
  writeFileSync(join(folder, 'aimock.mjs'), AIMOCK);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const answer = 'Goods may be returned within thirty days of delivery. '.repeat(8);
  const started = {
    'bare node:http': serve(join(folder, 'bare.mjs'), [answer], folder),
    'the stand': serve(join(folder, 'stand.mjs'), [root, 'bare'], root),
    'the stand, with redaction and markers': serve(join(folder, 'stand.mjs'), [root, 'recorded'], root),
  };
  try {
    execFileSync('npm', ['i', '--no-audit', '--no-fund', '@copilotkit/aimock@1'], { cwd: folder, stdio: 'ignore' });
    started['@copilotkit/aimock'] = serve(join(folder, 'aimock.mjs'), [answer], folder);
  } catch {
    say.skip('@copilotkit/aimock', 'could not be installed');
  }
  const servers = Object.fromEntries(
    await Promise.all(Object.entries(started).map(async ([name, server]) => [name, await server])),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const content = 'Customers may return goods within thirty days of delivery, unused and with the receipt. '.repeat(30);
  const body = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content }] });
  const costs = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  try {
    for (const server of Object.values(servers)) await load(server, agent, body, CALLS / 2);
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, server] of Object.entries(servers)) {
        const before = cpuOf(server.pid);
        await load(server, agent, body, CALLS);
        costs[name].push(((cpuOf(server.pid) - before) / CALLS) * 1e6);
      }
  } finally {
    agent.destroy();
    for (const server of Object.values(servers)) server.end();
  }
  const bare = costs['bare node:http'];
  for (const [name, list] of Object.entries(costs)) {
    const ratio = median(list.map((cost, i) => cost / bare[i]));
    say(`CPU of a call over sockets, ${name}`, ratio, '×', `${median(list).toFixed(0)} µs`);
  }
}
