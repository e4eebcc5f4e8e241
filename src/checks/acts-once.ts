import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { Use } from '../core/seen.ts';
import { count, seconds, unique } from '../text/words.ts';
import { canWrite } from './tools-used.ts';

/** After a timeout nobody knows whether a write happened: only its idempotency key makes a second try safe. */
export const actsOnce = defineTaskCheck({
  name: 'acts-once',
  summary:
    'No write takes effect twice, or is tried in a storm; one that is tried again carries the same idempotency key, another a key of its own',
  reads:
    'the effects ledger, the idempotency keys of repeated uses, and their pace: more than ten within ten seconds are a storm',
  severity: 'critical',
  advice:
    'Send one idempotency key per action, the same one when you try it again after a pause, and do not repeat what was done.',
  always: true,
  nobody_waits: true,
  implies: (task, contract) => (canWrite(task, contract) ? {} : undefined),
  judge({ seen, declares }) {
    const keyed = declares.features.includes('idempotency');
    // What the tool itself turned away was never begun.
    const writes = seen.uses.filter(({ use }) => use.write && use.registered && use.args_valid);
    if (writes.length === 0) return nothingToJudge('nothing was written');
    const what = ({ use }: Use) => `${use.tool}/${use.args_hash}`;
    const reused = writes.filter(({ result }) => result?.error === 'key_reused');
    if (reused.length > 0) {
      const tools = unique(reused.map(({ use }) => use.tool)).join(', ');
      return failed(`${tools} was used with an idempotency key that had been used with other arguments`, reused);
    }
    const groups = unique(writes.map(what)).map((same) => writes.filter((write) => what(write) === same));
    const bad = groups.filter((group) => twice(group, keyed) !== undefined);
    if (bad.length > 0) return failed(bad.map((group) => twice(group, keyed)).join('; '), bad);
    const again = writes.length - groups.length;
    const repeated = again === 0 ? '' : `, ${again} of them a repetition under its key`;
    const uses = count(writes.length, 'use that writes', 'uses that write');
    return passed(`${uses}${repeated}, 0 effects twice`, writes);
  },
});

/** More tries of one write within so many milliseconds are no retries. */
const MOST_TRIES = 10;
const STORM_MS = 10_000;

/** What is wrong with uses of one tool with the same arguments. */
function twice(group: Use[], keyed: boolean): string | undefined {
  const [first] = group;
  if (first === undefined || group.length === 1) return undefined;
  const { tool, key } = first.use;
  const effects = group.filter(({ result }) => result?.effect === 'new').length;
  if (effects > 1) return `${tool} took effect ${effects} times with the same arguments`;
  // One key keeps the effect single, but the tool is flooded all the same.
  if (group.some(({ use }, i) => use.at - (group[i - MOST_TRIES]?.use.at ?? Number.NEGATIVE_INFINITY) < STORM_MS))
    return `${tool} was tried ${group.length} times with the same arguments, more than ${MOST_TRIES} of them within ${seconds(STORM_MS)}`;
  // A key is asked of targets that claim idempotency; an effect twice of every one.
  if (!keyed) return undefined;
  const tried = `${tool} was tried ${group.length} times with the same arguments`;
  const bare = group.filter(({ use }) => use.key === null).length;
  if (bare > 0) return `${tried}, ${bare} without idempotency key`;
  return group.every(({ use }) => use.key === key) ? undefined : `${tried} and different idempotency keys`;
}
