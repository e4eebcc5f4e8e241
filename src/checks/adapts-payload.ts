import { z } from 'zod';
import { callsOf, eventsOf, type TaskEvidence } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { count, unique } from './words.ts';

type Call = EventOf<'call'>;

/** What the backup is sent holds all that the primary was sent, and nothing that is the primary's own. */
export const adaptsPayload = defineTaskCheck({
  name: 'adapts-payload',
  summary: 'The request to a later role keeps sources and output format, and names its own model',
  severity: 'critical',
  feature: 'fallback',
  reads:
    'what the calls to the first role and to later ones held: sources, ids, schema fields, what was said before, model names',
  params: z.strictObject({}),
  example: 'adapts-payload: {}',
  implies: () => ({}),
  judge(evidence) {
    const [first, ...later] = evidence.declares.chain;
    const calls = eventsOf(evidence.events, 'call');
    const toLater = calls.filter((c) => later.includes(c.role));
    if (toLater.length === 0) return nothingToJudge(`only ${first} was called`);
    const known = [...calls, ...eventsOf(evidence.baseline, 'call')].filter((c) => c.role === first);
    const compared = toLater.flatMap((call) => {
      const from = known.find((c) => c.turn === call.turn) ?? known[0];
      if (from === undefined) return [];
      return [
        { call, from, wrong: [...lost(from, call), ...forgotten(from, call, evidence), ...leaked(call, evidence)] },
      ];
    });
    if (compared.length === 0) return nothingToJudge(`${first} was never called, nothing to compare with`);

    const bad = compared.filter((c) => c.wrong.length > 0);
    const seqs = (of: typeof compared) => unique(of.flatMap((c) => [c.call.seq, c.from.seq]));
    if (bad.length > 0) {
      const what = unique(bad.flatMap((c) => c.wrong.map((w) => `${c.call.role} ${w}`)));
      return failed(what.join('; '), seqs(bad));
    }
    const held = unique(compared.flatMap((c) => [...c.call.held.sources, ...c.call.held.source_ids]));
    const roles = unique(compared.map((c) => c.call.role)).join(', ');
    return passed(`${roles} received all that ${first} received (${count(held.length, 'source')})`, seqs(compared));
  },
});

function lost(from: Call, call: Call): string[] {
  const gone = (key: 'sources' | 'source_ids' | 'schema_fields') =>
    from.held[key].filter((x) => !call.held[key].includes(x));
  const fields = gone('schema_fields');
  return [
    ...gone('sources').map((s) => `lost the text of ${s}`),
    ...gone('source_ids').map((s) => `lost the id ${s}`),
    ...(fields.length > 0 ? [`was not asked for ${fields.join(', ')}`] : []),
  ];
}

/** Where the context is too small what was said before may go, and only there. */
function forgotten(from: Call, call: Call, { events, task }: TaskEvidence): string[] {
  const kept = ({ held }: Call) => held.history?.includes(task.name) === true;
  if (!kept(from) || kept(call)) return [];
  const tight = callsOf(events).some((c) => c.failureMode === 'context_overflow');
  return tight ? [] : ['lost what was said before'];
}

function leaked(call: Call, { roles, task }: TaskEvidence): string[] {
  const own = roles[call.role]?.model ?? '';
  const spoken = roles[call.role]?.protocol ?? call.protocol;
  const foreign = call.protocol === spoken ? [] : [`speaks ${spoken} and was called in ${call.protocol}`];
  const names = Object.entries(roles).flatMap(([role, { model }]) => {
    if (model === own) return [];
    if (call.model === model) return [`was asked for ${role}'s model ${model}`];
    // A name inside the role's own name, or in the question itself, proves nothing.
    const innocent = own.includes(model) || task.input.includes(model);
    return call.held.models.includes(role) && !innocent ? [`received the name of ${role}'s model ${model}`] : [];
  });
  return [...foreign, ...names];
}
