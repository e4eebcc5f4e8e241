import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../core/errors.ts';
import { type Schedule, variableOf } from '../core/schedule.ts';
import { originals } from '../world/originals.ts';
import type { Outcome } from './journal.ts';

/** What is told of a run. */
export interface News {
  schedule: string;
  run: string;
  /** In UTC. */
  due: string;
  outcome: Outcome;
  /** What the run before came to. */
  before?: Outcome;
  /** The folder of its report. */
  report?: string;
}

type Notify = NonNullable<Schedule['notify']>;

export interface Messenger {
  /** Tells in every way that is asked for; `told` hears how each went. Never rejects. */
  tell(notify: Notify, news: News, told: (how: 'command' | 'webhook', failed?: string) => void): Promise<void>;
}

/** So long whoever is told may take. */
const PATIENCE_MS = 30_000;

/** Tells by commands and webhooks of this machine. */
export function createMessenger(cwd: string, env: Record<string, string | undefined>): Messenger {
  return {
    async tell({ command, webhook }, news, told) {
      const text = `${JSON.stringify({ text: sentenceOf(news), ...news })}\n`;
      await Promise.all([
        ...(command === undefined
          ? []
          : [failureOf(byCommand(command, text, cwd)).then((why) => told('command', why))]),
        ...(webhook === undefined
          ? []
          : [failureOf(byWebhook(webhook, text, env)).then((why) => told('webhook', why))]),
      ]);
    },
  };
}

/** Chats show the key `text`. */
function sentenceOf({ schedule, due, outcome, before, report }: News): string {
  const was = before === undefined ? '' : ` (${before} before)`;
  const where = report === undefined ? '' : `; ${report}`;
  return `drill: ${schedule}, due ${due}, ${outcome}${was}${where}`;
}

const failureOf = (act: Promise<void>): Promise<string | undefined> =>
  act.then(
    () => undefined,
    (error) => messageOf(error).slice(0, 200),
  );

async function byCommand(line: string, text: string, cwd: string): Promise<void> {
  const signal = originals.abortTimeout(PATIENCE_MS);
  const child = spawn(line, { cwd, shell: true, stdio: ['pipe', 'ignore', 'inherit'], signal });
  // It need not read what it is told.
  child.stdin.on('error', () => {});
  child.stdin.end(text);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`it ended with ${code ?? 'a signal'}`);
}

async function byWebhook(webhook: string, body: string, env: Record<string, string | undefined>): Promise<void> {
  const variable = variableOf(webhook);
  const url = variable === undefined ? webhook : env[variable];
  if (url === undefined) throw new Error(`${variable} is not set`);
  // The URL may be a secret: what goes wrong is told without it.
  const reply = await originals
    .fetch(url, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: originals.abortTimeout(PATIENCE_MS),
      headers: { 'content-type': 'application/json' },
    })
    .catch(() => undefined);
  if (reply === undefined) throw new Error('nobody took it');
  await reply.body?.cancel();
  if (!reply.ok) throw new Error(`the answer was ${reply.status}`);
}
