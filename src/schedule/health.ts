import { createServer, type Server } from 'node:http';
import { DrillError } from '../core/errors.ts';
import { momentOf } from '../world/index.ts';
import type { Daemon } from './daemon.ts';
import { OUTCOMES } from './journal.ts';

/** Answers /healthz and /metrics on loopback. Throws a DrillError where the port is not free. */
export async function openHealth(daemon: Daemon, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const [status, type, body] = answerTo(request.url ?? '', daemon);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new DrillError({
          message: `nobody can listen on port ${port}: ${error.message}`,
          place: { file: '--port' },
          fix: 'name another one',
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  // Whoever asks does not keep the command from ending.
  return server.unref();
}

function answerTo(url: string, daemon: Daemon): [status: number, type: string, body: string] {
  const [path] = url.split('?');
  if (path === '/healthz')
    return [
      daemon.awake ? 200 : 503,
      'application/json',
      `${JSON.stringify({ ok: daemon.awake, running: daemon.going.size })}\n`,
    ];
  if (path === '/metrics') return [200, 'text/plain; version=0.0.4; charset=utf-8', metricsOf(daemon)];
  return [404, 'text/plain', 'there are /healthz and /metrics\n'];
}

/** The text format of Prometheus. Counts are those of the journal, so that they go on after a restart. */
export function metricsOf(daemon: Daemon): string {
  const accounts = [...daemon.tally.accounts].filter(([, { cron }]) => cron !== undefined);
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.floor(ms / 1000));
  const going = (name: string) => [...daemon.going.values()].filter(({ schedule }) => schedule === name).length;
  // Names of schedules hold nothing that would have to be quoted.
  const label = (name: string) => `schedule="${name}"`;
  const each = (of: (name: string, account: (typeof accounts)[number][1]) => number | undefined) =>
    accounts.map(([name, account]): Sample => [label(name), of(name, account)]);
  const ended = accounts.flatMap(([name, { runs }]) =>
    OUTCOMES.map((one): Sample => [`${label(name)},verdict="${one}"`, runs[one]]),
  );
  const succeeded = each((_, { lastSuccessAt: at }) => (at === undefined ? undefined : seconds(momentOf(at))));
  const nextDue = each((name) => seconds(daemon.nextDue(name)));
  const families: [name: string, type: 'counter' | 'gauge', help: string, samples: Sample[]][] = [
    ['runs_total', 'counter', 'Runs that have ended, by what they came to.', ended],
    ['missed_total', 'counter', 'Due runs that were never started.', each((_, { missed }) => missed)],
    ['last_success_timestamp_seconds', 'gauge', 'When the last run that passed has ended.', succeeded],
    ['next_due_timestamp_seconds', 'gauge', 'When the next run is due.', nextDue],
    ['running', 'gauge', 'Runs that go on.', each(going)],
  ];
  const lines = families.flatMap(([name, type, help, samples]) => [
    `# HELP drill_schedule_${name} ${help}`,
    `# TYPE drill_schedule_${name} ${type}`,
    ...samples.flatMap(([labels, value]) =>
      value === undefined ? [] : [`drill_schedule_${name}{${labels}} ${value}`],
    ),
  ]);
  return `${lines.join('\n')}\n`;
}

type Sample = [labels: string, value?: number | undefined];
