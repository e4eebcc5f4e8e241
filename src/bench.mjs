// `npm run bench`: every figure beside its yardstick, in one run. Nothing here is a test: it prints, it never fails.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchSockets } from './bench-sockets.mjs';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'bin/drill.js');
const scratch = mkdtempSync(join(tmpdir(), 'drill-bench-'));
mkdirSync(join(scratch, 'drills'));

/** One drill whose phases make `executions` golden-task executions, the baseline's ten among them. */
function drillOf(name, executions, load) {
  const phases = `  - { name: outage, tasks: ${executions - 10}, load: { ${load} }, faults: [{ fault: server-error, role: primary, when: { calls: [1] } }] }`;
  const text = `drill: ${name}\ntitle: Bench\nhypothesis: It holds.\nworkflow: support-answer\nphases:\n${phases}\nexpect:\n  retries-at-most: { retries: 1 }\n`;
  writeFileSync(join(scratch, `drills/${name}.yaml`), text);
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

function wallMs(args) {
  const began = performance.now();
  spawnSync(process.execPath, args, { cwd: scratch, stdio: 'ignore' });
  return performance.now() - began;
}

/** The two commands in turn, so that a slow moment of the machine meets both. */
function ratio(args, yardstick, rounds = 9) {
  const pairs = Array.from({ length: rounds }, () => [wallMs(args), wallMs(yardstick)]);
  const [own, bare] = [median(pairs.map((p) => p[0])), median(pairs.map((p) => p[1]))];
  return `${(own / bare).toFixed(2)} × (${own.toFixed(0)} ms, bare node ${bare.toFixed(0)} ms)`;
}

/** Runs drills in a process of its own and says what it took. */
function measure(names, target, more = []) {
  const script = `
    import { createRequire } from 'node:module';
    const { whole } = createRequire(${JSON.stringify(bin)})('./load.js').load('command');
    whole.routes().installRoutes();
    const { main } = whole.command();
    const quiet = { write() {} };
    const terminal = { cwd: process.cwd(), color: false, columns: 100, stdout: quiet, stderr: quiet, signal: new AbortController().signal, env: {}, inside: true };
    const run = (...words) => main(['node', 'drill', 'run', '--target', ${JSON.stringify(target)}, ...words], terminal);
    await run('warm');
    const cpu = process.cpuUsage(), began = performance.now();
    await run('--seed', '2', ...${JSON.stringify([...more, ...names])});
    const used = process.cpuUsage(cpu);
    console.log(JSON.stringify({ wall_s: (performance.now() - began) / 1000, cpu_s: (used.user + used.system) / 1e6, peak_mb: process.resourceUsage().maxRSS / 1024 }));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: scratch, encoding: 'utf8' });
  return JSON.parse(out);
}

/** Virtual milliseconds that the run of a drill lived through. */
function virtualMs(drill) {
  const runs = join(scratch, 'reports');
  const folder = readdirSync(runs).find((name) => name.endsWith(`-${drill}`)) ?? '';
  const lines = readFileSync(join(runs, folder, 'trace.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return JSON.parse(lines.at(-1) ?? '{}').at;
}

/** What the machine does without us: JSON both ways of a request and a reply, as often as one execution needs it. */
function yardstick() {
  const body = {
    model: 'm',
    messages: [{ role: 'user', content: 'Customers may return goods within thirty days. '.repeat(50) }],
  };
  const text = JSON.stringify(body);
  let rounds = 0;
  const began = performance.now();
  while (performance.now() - began < 500) {
    for (let i = 0; i < 4; i++) JSON.parse(JSON.stringify(JSON.parse(text)));
    rounds += 1;
  }
  return Math.round(rounds / ((performance.now() - began) / 1000));
}

function installed() {
  const folder = join(scratch, 'install');
  mkdirSync(folder);
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['i', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)], {
    cwd: folder,
    stdio: 'ignore',
  });
  const files = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true }).filter((e) =>
    e.isFile(),
  );
  const bytes = files.reduce((sum, e) => sum + statSync(join(e.parentPath, e.name)).size, 0);
  const packages = Object.keys(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages).length - 1;
  return `${packages} packages, ${(bytes / 1e6).toFixed(1)} MB`;
}

/** What it costs in CPU to keep what was said, and to write the page: the same run with and without, in turn. */
function benchPage(say) {
  const cpu = (more) => measure(['asks'], 'reference', more).cpu_s;
  const [usual, page] = [[], ['--reporter', 'html']];
  const rounds = Array.from({ length: 3 }, () => [['--no-bodies'], usual, page].map(cpu));
  const [none = 0, said = 0, whole = 0] = [0, 1, 2].map((i) => Math.min(...rounds.map((round) => round[i] ?? 0)));
  say(
    'CPU of 2,400 asks, with what was said against without',
    `${(said / none).toFixed(2)} × (${none.toFixed(1)} s without)`,
  );
  say('the same with its page against without', `${(whole / said).toFixed(2)} ×`);
  for (const name of ['some', 'one']) measure([name], 'reference', page);
  for (const [name, asks] of Object.entries({ asks: '2,400', some: '48', one: '1' })) {
    const pages = readdirSync(join(scratch, 'reports')).filter((folder) => folder.includes(`-${name}`));
    const sizes = pages.map((folder) => join(scratch, 'reports', folder, 'report.html')).filter(existsSync);
    say(`report.html, asks: ${asks}`, `${(statSync(sizes[0] ?? '').size / 1000).toFixed(0)} kB`);
  }
}

drillOf('asks', 2410, 'arrive: in_turn');
drillOf('some', 58, 'arrive: in_turn');
drillOf('one', 11, 'arrive: in_turn');
drillOf('warm', 110, 'arrive: in_turn');
drillOf('large', 3010, 'arrive: in_turn');
drillOf('sdk', 510, 'arrive: in_turn');
const many = (n) => Array.from({ length: n }, (_, i) => `d${i}`);
const MANY = Number(process.env.BENCH_DRILLS ?? 1000);
for (const name of many(MANY)) drillOf(name, 100, 'arrive: in_turn');

try {
  const say = (what, figure) => console.log(`${what.padEnd(58)} ${figure}`);
  say('node', process.version);
  say('drill --version', ratio([bin, '--version'], ['-e', '0']));
  say('one mocked drill with its reports', ratio([bin, 'run', 'timeout_primary'], ['-e', '0']));
  say('yardstick: JSON of one execution, bare', `${yardstick()} /s`);
  const own = measure(['large'], 'reference');
  say('executions a second and core, reference', `${Math.round(3010 / own.cpu_s)} /s`);
  say('virtual seconds a wall second', `${Math.round(virtualMs('large') / 1000 / own.wall_s)}`);
  const sdk = measure(['sdk'], join(root, 'fixtures/targets/openai-sdk-agent.ts'));
  say('executions a second and core, openai SDK agent', `${Math.round(510 / sdk.cpu_s)} /s`);
  const [few, lots] = [measure(many(10), 'reference'), measure(many(MANY), 'reference')];
  say(
    `peak memory, ${MANY} drills of 100 against 10`,
    `${(lots.peak_mb / few.peak_mb).toFixed(2)} × (${lots.peak_mb.toFixed(0)} MB, ${few.peak_mb.toFixed(0)} MB)`,
  );
  benchPage(say);
  await benchSockets(scratch, say);
  say('installed', installed());
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
