// The path of an execution up to one stage, bundled and in a process of its own. Prints seconds of CPU an execution.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../catalogue.ts';
import { findDrill } from '../config/find.ts';
import { settleTarget } from '../config/target.ts';
import { aboutRun, jobOf } from '../opened.ts';
import { plansFor } from '../plans.ts';
import { createSequence } from '../recording/recorder.ts';
import { createRedaction, secretsOf } from '../redaction/redact.ts';
import { asksOf } from '../run/play.ts';
import { playersInside } from '../run/players.ts';
import { logFor } from '../run/reports.ts';
import { runPlans } from '../run/run.ts';
import { createNoFolder, createRunFolder } from '../run/run-folder.ts';
import { createWallClock, installRoutes } from '../world/index.ts';

const [bin, stage, warm, measured] = process.argv.slice(2);
// The command's own settings of V8.
createRequire(bin)('./load.js').load('command');
installRoutes({ onlyOurCode: true });

const redaction = createRedaction({ literals: secretsOf(process.env, []), finders: [] });
const request = {
  ...{ cwd: process.cwd(), task: [], fault: [], seed: 1, tag: [], target: 'reference', jobs: 1, bail: false },
  signal: new AbortController().signal,
};
const reference = await catalogue.builtinTargets.reference();
const settled = { ...settleTarget(reference, await reference.load(), undefined, catalogue), catalogue, redaction };

/** The target with other asks: `how` is given what it runs, and a way to the models that notes what it sends. */
const asking = (target, how) => ({
  ...target,
  async load() {
    const loaded = await target.load();
    const start = async (habitat, ending) => {
      const sent = [];
      const transport = (one, leaves) => habitat.transport(sent[sent.push(one) - 1], leaves);
      const running = await loaded.start({ ...habitat, transport }, ending);
      return { ...running, ask: how(running, transport, sent) };
    };
    return { ...loaded, start };
  },
});

/** What was sent for a task, and what came of it. */
const seen = new Map();
const noting = asking(reference, (running, _, sent) => async (task, leaves) => {
  sent.length = 0;
  const outcome = await running.ask(task, leaves);
  seen.set(task.input, { requests: [...sent], outcome });
  return outcome;
});
/** Sends bytes that are ready, and gives back what came of them before: all the rest is the house's. */
const ready = asking(reference, (_, transport, sent) => async ({ input }, leaves) => {
  sent.length = 0;
  const { requests, outcome } = seen.get(input);
  for (const one of requests) for await (const _ of (await transport(one, leaves)).body);
  return outcome;
});

async function play(target, [plan], folder) {
  const trace = folder.append('trace.jsonl');
  const sink = folder.path === '' ? () => {} : (event) => trace.write(`${JSON.stringify(event)}\n`);
  const sequence = createSequence(1);
  for (const world of ['baseline', 'drill'])
    await playersInside(target, 1, () => {})
      .open(plan, world)
      .play(plan, ['primary', 'backup'], { sink, sequence, signal: request.signal });
  trace.close();
}

const judge = (reporters, bodies) => async (target, plans, folder) => {
  const players = playersInside(target, 1, () => {});
  const open = { request: { ...request, names: [] }, target, players, redaction, plans, declares: settled.declares };
  const job = jobOf({ ...open, clock: createWallClock(), halt: { watch: () => undefined } });
  const log = logFor({ write() {} }, { json: false, color: false, columns: 100 });
  await runPlans({ ...job, ...log, bodies, plans, reporters, also: [], folder, about: aboutRun('', open) });
};

const [runJson, all] = [catalogue.reporters.filter(({ name }) => name === 'json'), catalogue.reporters];
/** Each does what the one before it does, and more. */
const STAGES = {
  house: { run: play, target: ready },
  agent: { run: play, target: reference },
  trace: { run: play, target: reference, files: true },
  judged: { run: judge([]), target: reference, files: true },
  'run.json': { run: judge(runJson), target: reference, files: true },
  reports: { run: judge(all), target: reference, files: true },
  bodies: { run: judge(all, { full() {} }), target: reference, files: true },
};

async function cpuOf(name, target) {
  const found = [findDrill(name, request.cwd)];
  const plans = plansFor({ ...request, names: [name] }, found, settled, undefined);
  const out = mkdtempSync(join(tmpdir(), 'drill-stage-'));
  const before = process.cpuUsage();
  await run(target, plans, files ? createRunFolder(out, 'run', request.cwd) : createNoFolder());
  const { user, system } = process.cpuUsage(before);
  rmSync(out, { recursive: true });
  return (user + system) / 1e6 / asksOf(plans[0]);
}

const { run, target, files } = STAGES[stage];
await cpuOf(warm, target === ready ? noting : target);
console.log(await cpuOf(measured, target));
