import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { mergedCassette, type TakeChange } from './cassettes/merge.ts';
import { type Tape, takesOf } from './cassettes/recording.ts';
import { framesIn } from './cassettes/redacted-reply.ts';
import { cassetteText } from './cassettes/write.ts';
import { cassetteFolder, loadCassettes } from './config/cassette-files.ts';
import { packageVersion } from './config/project.ts';
import { MAX_BYTES } from './config/read-file.ts';
import type { Take } from './core/cassette.ts';
import { bodyOf } from './core/cassette-body.ts';
import { DrillError, messageOf } from './core/errors.ts';
import { gather } from './core/gathered.ts';
import type { Protocol } from './core/protocol.ts';
import type { Opened, RunRequest } from './opened.ts';
import { clean, cut } from './reporters/words.ts';
import type { Plan } from './run/plan.ts';
import { count } from './text/words.ts';

/** Says before a call is paid for what would keep its reply from being recorded. Throws a DrillError. */
export function expectRecordable({ yes, confirm, ci, mode, repeat }: RunRequest): void {
  const place = { file: '--record' };
  if (mode !== 'live')
    throw new DrillError({
      message: 'there is nothing to record: only in live mode do true providers reply',
      place,
      fix: 'Say --mode live as well, or leave --record out.',
    });
  if (repeat !== undefined)
    throw new DrillError({
      message: 'each request has one recording, and --repeat gets several replies to it',
      place,
      fix: 'Leave one of the two out.',
    });
  if (yes !== true && (ci === true || confirm === undefined))
    throw new DrillError({
      message: 'recordings are shown and confirmed before they stay, and there is nobody here to ask',
      place,
      fix: 'Say --yes as well, and look at what changed in fixtures/replies before you commit it.',
    });
}

/** Reads what is there already: what is wrong with it is told before a call is paid. Throws a DrillError. */
export function expectCassettes(plans: readonly Plan[], cwd: string): void {
  for (const name of new Set(plans.map(({ workflow }) => workflow.name))) loadCassettes(cwd, name);
}

/** A cassette that would be written. */
interface Draft {
  file: string;
  text: string;
  changes: TakeChange[];
}

/** Shows what a run recorded, and keeps it in the project once somebody says yes. Returns whether anything was written. */
export async function keepRecordings(
  tape: Tape,
  run: Pick<Opened, 'request' | 'redaction' | 'plans'>,
  protocols: readonly Protocol[],
): Promise<boolean> {
  const { redaction, request } = run;
  const { cwd, stderr, yes, confirm } = request;
  const heard = await takesOf(tape, { redaction, version: packageVersion() });
  const { unsafe } = heard;
  const drafts = draftsOf(heard, tape.whole, run);
  const large = drafts.filter(({ text }) => Buffer.byteLength(text) > MAX_BYTES);
  const fine = drafts.filter((draft) => !large.includes(draft));
  const changes = fine.flatMap((draft) => draft.changes);
  const left = [
    ...(tape.broken.length > 0 ? [`${count(tape.broken.length, 'reply', 'replies')} that did not come to an end`] : []),
    ...(unsafe > 0 ? [`${count(unsafe, 'reply', 'replies')} in which something secret could not be taken out`] : []),
    ...large.map(({ file }) => `${file}, which would have more than ${MAX_BYTES} bytes`),
  ];
  if (left.length > 0) stderr.write(`not recorded: ${left.join('; ')}\n`);
  if (changes.length === 0) {
    stderr.write('recordings: nothing new\n');
    for (const draft of fine) write(cwd, draft);
    return false;
  }
  stderr.write(`recordings, as they would be kept:\n${changes.map((one) => `  ${lineOf(one, protocols)}\n`).join('')}`);
  if (
    yes !== true &&
    (request.signal.aborted || (await confirm?.(`Keep ${changes.length === 1 ? 'it' : 'them'}? [y/N] `)) !== true)
  ) {
    stderr.write('nothing was kept\n');
    return false;
  }
  for (const draft of fine) write(cwd, draft);
  stderr.write(`kept in ${[...new Set(fine.map(({ file }) => dirname(file)))].join(', ')}\n`);
  return true;
}

function draftsOf(
  { taken, unanswered }: Awaited<ReturnType<typeof takesOf>>,
  uncut: boolean,
  { request, plans }: Pick<Opened, 'request' | 'plans'>,
): Draft[] {
  const { cwd, signal, fault, shard } = request;
  const drills = plans.map(({ drill }) => drill.drill);
  // With other faults, in part, or cut short, they did not ask all that they ask.
  const whole = uncut && fault.length === 0 && shard === undefined && !signal.aborted;
  const workflows = [...new Set(taken.map(({ workflow }) => workflow))];
  return workflows.flatMap((workflow) => {
    const folder = cassetteFolder(cwd, workflow);
    const before = loadCassettes(cwd, workflow);
    const ofWorkflow = taken.filter((one) => one.workflow === workflow);
    const tasks = [...new Set(ofWorkflow.map(({ task }) => task))].sort();
    return tasks.map((task): Draft => {
      const takes = ofWorkflow.filter((one) => one.task === task).map(({ take }) => take);
      const old = before.find((one) => one.task === task)?.takes ?? [];
      const { cassette, changes } = mergedCassette({ workflow, task }, old, { takes, unanswered, drills, whole });
      return { file: relative(cwd, join(folder, `${task}.yaml`)), text: cassetteText(cassette), changes };
    });
  });
}

/** Written whole or not at all. */
function write(cwd: string, { file, text }: Draft): void {
  const path = join(cwd, file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  } catch (error) {
    throw new DrillError({
      message: `the recording cannot be written: ${messageOf(error)}`,
      place: { file },
      fix: 'Mend the permissions of the folder and its room, and record again.',
    });
  }
}

const SHOWN = 60;

function lineOf({ kind, task, take }: TakeChange, protocols: readonly Protocol[]): string {
  const { request, reply } = take;
  const size = reply.chunks.reduce((sum, [, bytes]) => sum + bytes, 0);
  const words = cut(clean(saidBy(take, protocols)), SHOWN);
  return clean(`${kind} ${request.role} ${task}: ${reply.status}, ${count(size, 'byte')}: ${words}`);
}

/** What a reply begins with, as a person would put it: its text, the tool it asks for, else its bytes. */
function saidBy({ request, reply }: Take, protocols: readonly Protocol[]): string {
  const protocol = protocols.find(({ name }) => name === request.protocol);
  const frames = protocol === undefined ? [] : framesIn(bodyOf(reply), reply, protocol);
  const { text, refusal, calls, error } = gather(frames.flatMap(({ parts }) => parts));
  const [call] = calls;
  return text ?? refusal ?? error?.message ?? (call && `${call.name} ${call.arguments}`) ?? reply.text ?? '(no text)';
}
