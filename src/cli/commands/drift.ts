import { DRIFTS, type Drift, driftBetween } from '../../cassettes/drift.ts';
import { type HeardReply, redactedReply } from '../../cassettes/redacted-reply.ts';
import { takeId } from '../../cassettes/refs.ts';
import { callOf } from '../../cassettes/request.ts';
import { loadCassettes, recordedWorkflows } from '../../config/cassette-files.ts';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { unknown } from '../../config/closest.ts';
import { loadConfig } from '../../config/config-file.ts';
import { displayPath } from '../../config/read-file.ts';
import { DEFAULT_ROLES } from '../../config/target.ts';
import type { Take } from '../../core/cassette.ts';
import type { Role } from '../../core/declaration.ts';
import { DrillError, EXIT } from '../../core/errors.ts';
import { type Protocol, protocolOf } from '../../core/protocol.ts';
import { Withheld } from '../../core/upstream.ts';
import { NetworkFailure } from '../../core/wire.ts';
import { type LiveRun, openLiveRun } from '../../live-run.ts';
import { createRedaction, secretsOf } from '../../redaction/redact.ts';
import { groupedBy } from '../../reporters/digest.ts';
import { visible } from '../../reporters/json.ts';
import { clean, few } from '../../reporters/words.ts';
import { dummyKey } from '../../stand/route.ts';
import { finderOf } from '../../text/patterns.ts';
import { count } from '../../text/words.ts';
import { createWallClock } from '../../world/index.ts';
import type { Terminal } from '../terminal.ts';

export interface DriftFlags {
  role: string[];
  ignore: string[];
  json: boolean;
}

interface Asked {
  id: string;
  task: string;
  workflow: string;
  take: Take;
}

interface Told {
  id: string;
  workflow: string;
  role: string;
  model: string;
  recorded: string;
}

interface Result {
  compared: (Told & { differences: Drift[] })[];
  not_asked: (Told & { why: string })[];
}

/**
 * Asks recorded requests again and tells where the fresh replies are of another shape. 1 where one is, 3 where none is and
 * some could not be compared, else 0.
 */
export async function drift(
  { role: only, ignore, json }: DriftFlags,
  catalogue: Catalogue,
  { cwd, stdout, stderr, env, signal }: Terminal,
): Promise<number> {
  expectKnown(ignore);
  const config = loadConfig(cwd, catalogue);
  const roles = config?.roles ?? DEFAULT_ROLES;
  const asked = recordingsOf(cwd, only);
  const clock = createWallClock();
  const live = openLiveRun(config, { roles, cwd, env, clock, protocols: catalogue.protocols });
  const secrets = secretsOf(env, live.secrets);
  const redaction = createRedaction({ literals: secrets, finders: config?.redact.map(finderOf) });
  const result: Result = { compared: [], not_asked: [] };
  const compare = async ({ id, task, workflow, take }: Asked) => {
    const { role: name, model } = take.request;
    const told = { id, workflow, role: name, model, recorded: take.about.recorded };
    const role = roles[name];
    const protocol = role && protocolOf(catalogue.protocols, { ...role, protocol: take.request.protocol });
    if (role === undefined || protocol === undefined) {
      result.not_asked.push({ ...told, why: `there is no role ${name} in drill.config.yaml` });
      return;
    }
    const heard = await askAgain(take, { name, role, protocol, task }, live, signal);
    const fresh = typeof heard === 'string' ? heard : await redactedReply(heard, protocol, redaction);
    if (fresh === undefined || typeof fresh === 'string')
      result.not_asked.push({ ...told, why: fresh ?? 'its body could not be read' });
    else {
      const differences = driftBetween(take.reply, fresh, protocol).filter(({ what }) => !ignore.includes(what));
      result.compared.push({ ...told, differences });
    }
  };
  try {
    stderr.write(`live: ${count(asked.length, 'recorded request')} to ask again, within the cap of the day\n`);
    for (const one of asked) await compare(one);
  } finally {
    await live.upstream.close();
  }
  stdout.write(
    json ? visible(`${JSON.stringify({ schema: 'drill.drift/1', ...result }, null, 2)}\n`) : wordsOf(result),
  );
  if (result.compared.some(({ differences }) => differences.length > 0)) return EXIT.failed;
  return result.not_asked.length > 0 ? EXIT.inconclusive : EXIT.passed;
}

function expectKnown(ignore: readonly string[]): void {
  const strange = ignore.find((what) => DRIFTS.every((one) => one !== what));
  if (strange === undefined) return;
  throw unknown(`there is nothing called "${strange}" that could drift`, '--ignore', strange, DRIFTS, 'what can drift');
}

function recordingsOf(cwd: string, only: readonly string[]): Asked[] {
  const all = recordedWorkflows(cwd).flatMap((workflow) =>
    loadCassettes(cwd, workflow).flatMap((cassette) =>
      cassette.takes.map((take, i): Asked => ({ id: takeId(cassette, i), task: cassette.task, workflow, take })),
    ),
  );
  if (all.length === 0)
    throw new DrillError({
      message: 'nothing is recorded here',
      place: { file: displayPath(cwd) },
      fix: 'Record something with `drill run … --mode live --record`.',
    });
  const known = [...new Set(all.map(({ take }) => take.request.role))];
  const strange = only.find((role) => !known.includes(role));
  if (strange !== undefined)
    throw unknown(`nothing is recorded of a role "${strange}"`, '--role', strange, known, 'recorded roles');
  return all.filter(({ take }) => only.length === 0 || only.includes(take.request.role));
}

/** What comes today; why nothing does, in words. */
async function askAgain(
  { request }: Take,
  { name, role, protocol, task }: { name: string; role: Role; protocol: Protocol; task: string },
  { replies, keys }: Pick<LiveRun, 'replies' | 'keys'>,
  signal: AbortSignal,
): Promise<HeardReply | string> {
  const said = callOf(request);
  if (said === undefined) return 'it shows pictures, and a cassette holds only their sums';
  const clock = createWallClock();
  const call = { id: 'c1', role: name, provider: role.provider, ask: 1, task, tenant: 'default', attempt: 1, turn: 1 };
  const wire = protocol.writeCall(said, { base_url: role.base_url, api_key: dummyKey(role, keys) });
  try {
    const asked = { call: { ...said, ...call }, role, protocol, request: wire, identity: true };
    const { head, body } = await replies.ask(asked, signal);
    const head_ms = clock.now();
    const chunks: { ms: number; bytes: Uint8Array }[] = [];
    for await (const bytes of body) chunks.push({ ms: clock.now() - head_ms, bytes });
    return { head, head_ms, chunks };
  } catch (error) {
    if (error instanceof NetworkFailure || error instanceof Withheld) return error.message;
    throw error;
  }
}

function wordsOf({ compared, not_asked }: Result): string {
  const lines: string[] = [];
  for (const [role, own] of groupedBy(compared, (one) => one.role)) {
    const drifted = own.filter(({ differences }) => differences.length > 0);
    lines.push(`${role}: ${count(own.length, 'recording')} asked again, ${drifted.length} drifted`);
    const told = drifted.flatMap(({ id, differences }) => differences.map((one) => ({ id, words: lineOf(one) })));
    const groups = groupedBy(told, ({ words }) => words);
    for (const [words, all] of groups) lines.push(`  ${words}  (${few(all.map(({ id }) => id))})`);
  }
  for (const { id, role, why } of not_asked) lines.push(`not compared: ${id} (${role}): ${why}`);
  return `${lines.map(inOneLine).join('\n')}\n`;
}

/** In one line, and its indentation stays. */
const inOneLine = (line: string) => (line.startsWith('  ') ? `  ${clean(line)}` : clean(line));

function lineOf({ what, kind, where, was, now }: Drift): string {
  const at = what === 'field' && where === '' ? 'body' : where.replace(/: $/, '');
  const named = at === '' ? what : `${what} ${at}`;
  if (kind === 'came') return `${named} came${now === 'there' ? '' : `: ${now}`}`;
  if (kind === 'went') return `${named} went${was === 'there' ? '' : `: ${was}`}`;
  return `${named} changed: ${was} → ${now}`;
}
