import { sourcesFor } from './core/golden-task.ts';
import { mostNanoUsd, priceOf } from './core/prices.ts';
import { expectCassettes } from './keep-recordings.ts';
import type { LiveRun } from './live-run.ts';
import type { RunRequest } from './opened.ts';
import type { Plan } from './run/plan.ts';
import { usd } from './text/words.ts';

/** What a drill would ask of one role. */
interface Asked {
  drill: string;
  role: string;
  /** Calls where nothing breaks, and where every retry that the target declares is made for every ask. */
  calls: { least: number; most: number };
  /** Tokens of a call: its golden task's own texts at a token a byte, and the limit of its output. */
  tokens: { input: number; output: number | null };
  /** US dollars for the most calls; null where that cannot be known. */
  usd: number | null;
}

/**
 * What people should know before a live run: told on stderr, or with `--plan` on stdout and nothing else done. Resolves to
 * whether that was all. No provider is called.
 */
export async function beforeLive(live: LiveRun, plans: readonly Plan[], request: RunRequest): Promise<boolean> {
  if (live.tape !== undefined) expectCassettes(plans, request.cwd);
  const standing = await live.spend.standing();
  const notes = await live.spend.notes();
  if (request.plan !== true) {
    for (const note of notes) request.stderr.write(`${note}\n`);
    request.stderr.write(`live: ${usd(standing.available)} of today's ${usd(live.limits.daily_usd)} are left\n`);
    return false;
  }
  const asked = plans.flatMap((plan) => askedBy(plan, live.limits.max_output_tokens));
  const routes = live.upstream.routes();
  if (request.json) {
    const document = { routes, asked, limits: live.limits, today: standing, notes };
    request.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return true;
  }
  for (const { role, origin, proxy, key_env, key_present, ca_file } of routes) {
    const key = key_env === null ? 'no key' : `key ${key_env}${key_present ? '' : ' (NOT SET)'}`;
    const more = [proxy && `through ${proxy}`, ca_file && `trusting ${ca_file} as well`].filter(Boolean);
    request.stdout.write(`${[role.padEnd(10), origin, key, ...more].join('  ')}\n`);
  }
  for (const { drill, role, calls, tokens, usd: most } of asked)
    request.stdout.write(
      `${drill}  ${role}  ${calls.least} to ${calls.most} calls of ${tokens.input} tokens and the target's own prompt, ${
        tokens.output === null ? 'as many out as they ask for' : `at most ${tokens.output} out`
      }: ${most === null ? 'price unknown' : `at most ${usd(most)} beside that prompt`}\n`,
    );
  request.stdout.write(
    `cap: ${usd(live.limits.daily_usd)} a UTC day, ${usd(standing.available)} left; each call is reserved at its worst before it leaves\n`,
  );
  for (const note of notes) request.stdout.write(`${note}\n`);
  return true;
}

function askedBy(plan: Plan, limit: number | undefined): Asked[] {
  const { declares, drill, roles, tasks, workflow } = plan;
  const asks = (phase: Plan['drill']['phases'][number]) => {
    const chosen = tasks.filter(({ name }) => phase.only?.includes(name) ?? true);
    return Array.from({ length: phase.tasks }, (_, i) => chosen[i % Math.max(1, chosen.length)]).flatMap((task) =>
      task === undefined ? [] : Array<typeof task>(phase.times[task.tenant] ?? 1).fill(task),
    );
  };
  const all = [...tasks, ...drill.phases.flatMap(asks)];
  const turns = all.reduce((sum, task) => sum + 1 + task.turns.length, 0);
  const tries = 1 + (declares.retries ?? 0);
  const bytes = ({ input, history, name }: (typeof tasks)[number]) => {
    const task = workflow.tasks.find((one) => one.name === name);
    const sources = task === undefined ? [] : sourcesFor(task, workflow.sources);
    return Buffer.byteLength(
      JSON.stringify([input, history, sources, workflow.contract?.output ?? {}, workflow.tools]),
    );
  };
  const input = Math.max(0, ...tasks.map(bytes));
  return declares.chain.flatMap((role, i): Asked[] => {
    const own = roles[role];
    if (own === undefined) return [];
    const most = turns * tries;
    const price = priceOf(own);
    const nano = price && limit && mostNanoUsd(price, { input, output: limit });
    return [
      {
        ...{ drill: drill.drill, role },
        calls: { least: i === 0 ? turns : 0, most },
        tokens: { input, output: limit ?? null },
        usd: nano === undefined || nano === 0 ? null : (nano * most) / 1e9,
      },
    ];
  });
}
