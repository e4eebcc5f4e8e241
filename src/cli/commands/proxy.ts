import type { Readable } from 'node:stream';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { EXIT } from '../../core/errors.ts';
import { type OpenProxy, openProxy, type ProxyRequest } from '../../proxy.ts';
import type { Totals } from '../../stand/sockets/journal.ts';
import { type Engaged, readLever, stoppedByLever, watchLever } from '../../stopping/lever.ts';
import { count, tallied } from '../../text/words.ts';
import { whenAborted } from '../../world/abort.ts';
import { createWallClock } from '../../world/index.ts';
import type { Terminal } from '../terminal.ts';

export interface ProxyFlags extends Omit<ProxyRequest, 'cwd' | 'env'> {
  json: boolean;
  /** It ends with whoever started it: when its standard input does. */
  untilStdinEnds: boolean;
}

/** Who tells what goes on while it stands ready. */
export interface Teller {
  /** The safety lever was moved, and so many faults taken away. */
  lever(engaged: Engaged | undefined, reverted: number): void;
  /** It has ended. */
  ended(totals: Totals): void;
}

/** Stands ready until it is interrupted; that is how it is meant to end. Returns the exit code. Throws a DrillError. */
export async function proxy(
  { json, ...request }: ProxyFlags,
  catalogue: Catalogue,
  terminal: Pick<Terminal, 'cwd' | 'env' | 'stdout' | 'signal'>,
  stdin: Readable = process.stdin,
): Promise<number> {
  const say = (text: string) => terminal.stdout.write(text);
  return standReady(request, catalogue, terminal, stdin, (open) => {
    say(json ? `${JSON.stringify(readyOf(open))}\n` : readyText('proxy', open));
    return {
      lever: (engaged, reverted) =>
        say(json ? `${JSON.stringify(leverMoved(engaged, reverted))}\n` : leverText(engaged, reverted)),
      ended: (totals) => say(json ? `${JSON.stringify(totals)}\n` : summaryOf('proxy', totals)),
    };
  });
}

/** The same for any command that does it: `ready` says that it is, and gives who tells of the rest. */
export async function standReady(
  { untilStdinEnds, ...request }: Omit<ProxyFlags, 'json'>,
  catalogue: Catalogue,
  { cwd, env, signal }: Pick<Terminal, 'cwd' | 'env' | 'signal'>,
  stdin: Readable,
  ready: (open: OpenProxy) => Teller,
): Promise<number> {
  const locked = () => {
    const engaged = readLever(cwd);
    return engaged && stoppedByLever(engaged).reason;
  };
  const open = await openProxy({ ...request, cwd, env, locked }, catalogue);
  const over = new AbortController();
  let teller: Teller;
  try {
    teller = ready(open);
    const moved = (engaged: Engaged | undefined) => teller.lever(engaged, engaged === undefined ? 0 : open.revert());
    void watchLever(cwd, createWallClock(), over.signal, moved);
    await Promise.race([aborted(signal), ...(untilStdinEnds ? [whenEnded(stdin)] : [])]);
  } finally {
    over.abort();
    await open.close();
  }
  teller.ended(open.totals());
  return EXIT.passed;
}

export const leverMoved = (engaged: Engaged | undefined, reverted: number) => ({
  lever: engaged === undefined ? 'disengaged' : 'engaged',
  ...engaged,
  schema: undefined,
  reverted,
});

export const leverText = (engaged: Engaged | undefined, reverted: number): string =>
  engaged === undefined
    ? 'the safety lever is disengaged: faults may be armed again, and none is\n'
    : `${stoppedByLever(engaged).reason}; ${reverted} of its faults taken away, calls pass without any\n`;

export const readyOf = ({ roles, tools, admin, env }: OpenProxy) => ({
  ready: true,
  roles,
  ...(tools !== undefined && { tools }),
  admin,
  env,
});

export function readyText(command: string, { roles, tools, admin, env }: OpenProxy): string {
  const places = [
    ...Object.entries(roles).map(([name, { base_url, protocol }]) => `${name} ${base_url} (${protocol})`),
    ...(tools === undefined ? [] : [`tools ${tools}`]),
    `admin ${admin.url}`,
  ];
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  return `${[`drill ${command} is ready: ${places.join(', ')}`, ...lines].join('\n')}\n`;
}

/** As a shell and a file of variables read it. */
const quoted = (value: string): string => (/^[\w./:~+=-]*$/.test(value) ? value : `'${value}'`);

export function summaryOf(command: string, { calls, ended, fired }: Totals): string {
  const roles = Object.entries(ended).map(([role, by]) => `  ${role}: ${tallied(by)}`);
  const faults = Object.keys(fired).length === 0 ? [] : [`  faults that acted: ${tallied(fired)}`];
  return `${[`drill ${command} has ended: ${count(calls, 'call')}`, ...roles, ...faults].join('\n')}\n`;
}

const aborted = (signal: AbortSignal) => new Promise<void>((resolve) => whenAborted(signal, () => resolve()));

const whenEnded = (stdin: Readable): Promise<void> =>
  new Promise((resolve) => {
    stdin
      .once('close', resolve)
      .once('end', resolve)
      .once('error', () => resolve());
    stdin.resume();
  });
