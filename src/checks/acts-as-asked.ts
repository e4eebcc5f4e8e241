import { z } from 'zod';
import { callsOf, type TaskEvidence } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { canWrite, committed, repliesAsking, ruleOf, sayAsked, seqsOf } from './tools-used.ts';
import { count, unique } from './words.ts';

/** A drifted, truncated or misread reply may not change anything: every effect is one that the task foresees. */
export const actsAsAsked = defineTaskCheck({
  name: 'acts-as-asked',
  summary: 'Every write that took effect is one the task asks for, with exactly its arguments',
  reads: 'every write that had an effect, against the turns of the golden task',
  severity: 'critical',
  params: z.strictObject({}),
  example: 'acts-as-asked: {}',
  implies: (task, contract) => (canWrite(task, contract) ? {} : undefined),
  judge(evidence) {
    const writes = committed(evidence.events);
    const wrong = writes.filter(({ use }) => !use.foreseen);
    if (wrong.length > 0) {
      const known = (tool: string) => evidence.task.turns.some((turn) => turn.tool === tool);
      const what = ({ use: { tool } }: (typeof wrong)[number]) =>
        known(tool) ? `${tool} was run with other arguments than the task asks for` : `${tool} was run unasked`;
      return failed(unique(wrong.map(what)).join('; '), wrong.flatMap(seqsOf));
    }
    const chance = whereItMightHave(evidence);
    const seqs = [...writes.flatMap(seqsOf), ...chance.seqs];
    if (writes.length > 0) return passed(`${count(writes.length, 'write')}, each as the task asks`, seqs);
    return chance.why === undefined
      ? nothingToJudge('nothing was written, and no reply led to it')
      : passed(`0 writes, though ${chance.why}`, seqs);
  },
});

/** What shows that a write could have come: a reply that asked for one, or any reply where the target writes without faults. */
function whereItMightHave({ events, baseline, contract }: TaskEvidence): { why: string | undefined; seqs: number[] } {
  const asking = repliesAsking(events, (tool) => ruleOf(contract, tool).write);
  const usual = committed(baseline);
  const replies = callsOf(events).filter((c) => c.ok);
  const leads = usual.length > 0 && replies.length > 0;
  const unasked = `${count(replies.length, 'reply', 'replies')} came and the target writes without faults`;
  const why = asking.length > 0 ? sayAsked(asking) : leads ? unasked : undefined;
  const seqs = leads ? [...replies.flatMap((c) => c.seqs), ...usual.flatMap(seqsOf)] : [];
  return { why, seqs: [...asking.map((a) => a.seq), ...seqs] };
}
