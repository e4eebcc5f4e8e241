import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, it } from 'vitest';
import { root, runDrill } from './drill-run.fixture.ts';
import { MUTANTS } from './mutants.fixture.ts';
import { Project } from './project.fixture.ts';

const FILES = Object.fromEntries(
  ['core', 'protocols', 'runtime'].flatMap((room) =>
    readdirSync(join(root, 'src', room), { encoding: 'utf8', recursive: true })
      .filter((n) => n.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(n))
      .map((n) => [`src/${room}/${n}`, readFileSync(join(root, 'src', room, n), 'utf8')]),
  ),
);
const copy = new Project(FILES);
afterAll(() => copy[Symbol.dispose]());
const EXTRA: [string, string, string, string][] = [
  ['silence plain', 'acting.ts', "if (answer !== 'granted')", "if (answer === 'denied')"],
  [
    'policy safety',
    'policy.ts',
    'safety_block: { retry: false, failover: false',
    'safety_block: { retry: false, failover: true',
  ],
  [
    'notice so=works',
    'notice.ts',
    "const so = done ? works.replace('no action was taken', 'what was done before that stands') : works;",
    'const so = works;',
  ],
  [
    'task budget not checked',
    'failover.ts',
    'contract.budgetUsd !== undefined && spent',
    'contract.budgetUsd === -1 && spent',
  ],
  ['breaker never opens', 'breaker.ts', 'if (count >= failures)', 'if (count >= failures * 1000)'],
  ['tenant share', 'reference.ts', 'perTenant: 8', 'perTenant: 16'],
  ['low waits', 'lanes.ts', "if (priority === 'low') return undefined;", ''],
  [
    'random key',
    'acting.ts',
    'rule.write ? { idempotency_key } : {}',
    'rule.write ? { idempotency_key: idempotency_key + tries } : {}',
  ],
  ['writes in any mode', 'order-agent.ts', "if (mode !== 'full' && write)", "if (mode === 'none' && write)"],
  ['retry-after ignored', 'failover.ts', 'const wait = backoff + (result.retryAfterMs ?? 0);', 'const wait = backoff;'],
  ['two retries', 'failover.ts', 'tries >= contract.retries)', 'tries > contract.retries)'],
  [
    'no backoff',
    'failover.ts',
    'repaired === undefined ? Math.floor((1 + walk.random.next()) * (longestBackoff / 2)) : 0',
    '0',
  ],
  ['verify skipped', 'reference.ts', 'if (!asked) return', 'if (true) return'],
  ['verify ignored', 'reference.ts', "result.status === 'ok' &&", "result.status !== 'ok' ||"],
  ['results not told', 'order-agent.ts', 'known.length === 0 ? []', 'known.length >= 0 ? []'],
  ['done claimed', 'telling.ts', "done: a.done === 'yes' }));", 'done: true }));'],
  ['no approval', 'acting.ts', "if (rule.approval === 'human')", 'if (false)'],
  ['forbidden ok', 'acting.ts', '!rule.allowed || !allowed.includes(tool)', '!allowed.includes(tool) && rule.allowed'],
  ['no plan', 'order-agent.ts', '...(plan.length > 0 && { plan })', ''],
  ['plan as answered', 'order-agent.ts', "plan.length > 0 ? 'action_disabled' : 'answered'", "'answered'"],
  [
    'degraded never',
    'log-record.ts',
    "degraded: kind !== 'answered' || fallback !== undefined",
    "degraded: kind !== 'answered'",
  ],
  ['plan gate', 'plan-agent.ts', 'gate: grounded(task),', ''],
  ['schema errors retried', 'policy.ts', "schema_error: { ...unfit, repair: 'mend' }", 'schema_error: { ...unfit }'],
  ['rate limit trips', 'policy.ts', 'rate_limit: { ...transient, trips: false }', 'rate_limit: transient'],
  ['no margin', 'failover.ts', 'const MARGIN_MS = 250;', 'const MARGIN_MS = 0;'],
  [
    'deadline of the whole per turn',
    'order-agent.ts',
    'deadlineMs: task.deadline_ms - tookMs(),',
    'deadlineMs: task.deadline_ms,',
  ],
  ['primary again each turn', 'order-agent.ts', '...(from !== undefined && { from }),', ''],
  ['half-open lets all', 'breaker.ts', "current.state === 'half-open' || now()", 'now()'],
  [
    'booking never',
    'failover.ts',
    'const booking = walk.budget?.book(walk.tenantId, worst);',
    "const booking = walk.budget?.book('all', worst);",
  ],
  [
    'reads after write lost',
    'order-agent.ts',
    "acts.some((a) => a.write && a.done === 'yes') ? 'partial' : kind",
    'kind',
  ],
  ['state budget', 'telling.ts', 'budget_used: whole.costUsd,', ''],
  ['tenant leak cost', 'telling.ts', 'usd(turns.costUsd + (story.checked?.costUsd ?? 0))', 'turns.costUsd'],
];
const drills = readdirSync(join(root, 'drills')).map((f) => f.replace('.yaml', ''));
it('all', async () => {
  const list = process.env['TWELVE']
    ? MUTANTS.map((m) => [m.name, m.file, m.find, m.replace, m.drill, m.check] as const)
    : EXTRA;
  for (const [name, file, find, replace, drill, check] of list as any) {
    const text = FILES['src/runtime/' + file] ?? '';
    if (text.split(find).length !== 2) {
      console.log('?? ' + name + ' ' + text.split(find).length);
      continue;
    }
    writeFileSync(
      join(copy.cwd, 'src/runtime', file),
      text.replace(find, () => replace),
    );
    for (const seed of (process.env['S'] ?? '1').split(',').map(Number)) {
      try {
        const run = await runDrill({
          cwd: copy.cwd,
          target: './src/runtime/reference.ts',
          seed,
          names: drill ? [drill] : drills,
        });
        const out: string[] = [];
        for (const d of run.report.drills) {
          const f = [
            ...new Set(
              [...d.checks, ...d.tasks.flatMap((t) => t.checks)]
                .filter((c) => c.verdict === 'failed' && c.severity !== 'minor')
                .map((c) => c.check),
            ),
          ];
          if (d.verdict !== 'passed')
            out.push(
              `${d.name}=${d.verdict}[${f.join(' ')}]${f.length ? '' : (d.reasons[0]?.reason ?? '').slice(0, 140)}`,
            );
          if (check && !(run.code === 1 && f.includes(check))) out.push('SURVIVES');
        }
        console.log(`${run.code === 0 ? 'SURVIVES' : 'dies'} ${name} ${seed} ${run.code} ${out.join(' ; ')}`);
      } catch (e) {
        console.log('!! ' + name + ' ' + e);
      }
    }
    writeFileSync(join(copy.cwd, 'src/runtime', file), text);
  }
}, 600000);
