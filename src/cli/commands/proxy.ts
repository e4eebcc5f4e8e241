import type { Readable } from 'node:stream';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { EXIT } from '../../core/errors.ts';
import { type OpenProxy, openProxy, type ProxyRequest } from '../../proxy.ts';
import type { Totals } from '../../stand/sockets/journal.ts';
import { type Engaged, readLever, stoppedByLever, watchLever } from '../../stopping/lever.ts';
import { createWallClock } from '../../world/index.ts';
import type { Terminal } from '../terminal.ts';

export interface ProxyFlags extends Omit<ProxyRequest, 'cwd' | 'env'> {
  json: boolean;
  /** It ends with whoever started it: when its standard input does. */
  untilStdinEnds: boolean;
}

/** Stands ready until it is interrupted; that is how it is meant to end. Returns the exit code. Throws a DrillError. */
export async function proxy(
  { json, untilStdinEnds, ...request }: ProxyFlags,
  catalogue: Catalogue,
  { cwd, env, stdout, signal }: Pick<Terminal, 'cwd' | 'env' | 'stdout' | 'signal'>,
  stdin: Readable = process.stdin,
): Promise<number> {
  const locked = () => {
    const engaged = readLever(cwd);
    return engaged && stoppedByLever(engaged).reason;
  };
  const open = await openProxy({ ...request, cwd, env, locked }, catalogue);
  const over = new AbortController();
  try {
    stdout.write(json ? `${JSON.stringify(readyOf(open))}\n` : readyText(open));
    const moved = (engaged: Engaged | undefined) => {
      const reverted = engaged === undefined ? 0 : open.revert();
      const told = { lever: engaged === undefined ? 'disengaged' : 'engaged', ...engaged, schema: undefined, reverted };
      stdout.write(json ? `${JSON.stringify(told)}\n` : leverText(engaged, reverted));
    };
    void watchLever(cwd, createWallClock(), over.signal, moved);
    await Promise.race([whenAborted(signal), ...(untilStdinEnds ? [whenEnded(stdin)] : [])]);
  } finally {
    over.abort();
    await open.close();
  }
  const totals = open.totals();
  stdout.write(json ? `${JSON.stringify(totals)}\n` : summaryOf(totals));
  return EXIT.passed;
}

const leverText = (engaged: Engaged | undefined, reverted: number): string =>
  engaged === undefined
    ? 'the safety lever is disengaged: faults may be armed again, and none is\n'
    : `${stoppedByLever(engaged).reason}; ${reverted} of its faults taken away, calls pass without any\n`;

const readyOf = ({ roles, tools, admin, env }: OpenProxy) => ({
  ready: true,
  roles,
  ...(tools !== undefined && { tools }),
  admin,
  env,
});

function readyText({ roles, tools, admin, env }: OpenProxy): string {
  const places = [
    ...Object.entries(roles).map(([name, { base_url, protocol }]) => `${name} ${base_url} (${protocol})`),
    ...(tools === undefined ? [] : [`tools ${tools}`]),
    `admin ${admin.url}`,
  ];
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  return `${[`drill proxy is ready: ${places.join(', ')}`, ...lines].join('\n')}\n`;
}

/** As a shell and a file of variables read it. */
const quoted = (value: string): string => (/^[\w./:~+=-]*$/.test(value) ? value : `'${value}'`);

function summaryOf({ calls, ended, fired }: Totals): string {
  const counts = (all: Record<string, number>) =>
    Object.entries(all)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${count} × ${name}`)
      .join(', ');
  const roles = Object.entries(ended).map(([role, by]) => `  ${role}: ${counts(by)}`);
  const faults = Object.keys(fired).length === 0 ? [] : [`  faults that acted: ${counts(fired)}`];
  return `${[`drill proxy has ended: ${calls} ${calls === 1 ? 'call' : 'calls'}`, ...roles, ...faults].join('\n')}\n`;
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const whenEnded = (stdin: Readable): Promise<void> =>
  new Promise((resolve) => {
    stdin
      .once('close', resolve)
      .once('end', resolve)
      .once('error', () => resolve());
    stdin.resume();
  });
