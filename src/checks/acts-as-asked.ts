import { defineTaskCheck, failed, nothingToJudge, type Proof, passed } from '../core/plugin.ts';
import type { Use } from '../core/seen.ts';
import { canWrite, committed, repliesAsking, ruleOf, sayAsked } from './tools-used.ts';
import { count, unique } from './words.ts';

/** A drifted, truncated or misread reply may not change anything: every effect is one that the task foresees. */
export const actsAsAsked = defineTaskCheck({
  name: 'acts-as-asked',
  summary: 'Every write that took effect is one the task asks for, with exactly its arguments',
  reads: 'every write that had an effect, against the turns of the golden task',
  severity: 'critical',
  implies: (task, contract) => (canWrite(task, contract) ? {} : undefined),
  judge({ seen, plain, task, contract }) {
    const writes = committed(seen);
    const wrong = writes.filter(({ use }) => !use.foreseen);
    const known = (tool: string) => task.turns.some((turn) => turn.tool === tool);
    const what = ({ use: { tool } }: Use) =>
      known(tool) ? `${tool} was run with other arguments than the task asks for` : `${tool} was run unasked`;
    if (wrong.length > 0) return failed(unique(wrong.map(what)).join('; '), wrong);

    // A write could have come of a reply that asked for one, or of any reply where the target writes without faults.
    const asking = repliesAsking(seen, (tool) => ruleOf(contract, tool).write);
    const replies = seen.calls.filter((c) => c.ok);
    const usual = committed(plain);
    const leads = usual.length > 0 && replies.length > 0;
    const proof: Proof = [writes, asking, leads ? [replies, usual] : []];
    if (writes.length > 0) return passed(`${count(writes.length, 'write')}, each as the task asks`, proof);
    if (asking.length > 0) return passed(`0 writes, though ${sayAsked(asking)}`, proof);
    if (!leads) return nothingToJudge('nothing was written, and no reply led to it');
    const came = count(replies.length, 'reply', 'replies');
    return passed(`0 writes, though ${came} came and the target writes without faults`, proof);
  },
});
