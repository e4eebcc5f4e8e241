import { type Case, defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { count, unique, when } from './words.ts';

type Call = EventOf<'call'>;

/** What the backup is sent holds all that the primary was sent, and nothing that is the primary's own. */
export const adaptsPayload = defineTaskCheck({
  name: 'adapts-payload',
  summary: 'The request to a later role keeps sources and output format, and names its own model',
  severity: 'critical',
  feature: 'fallback',
  reads:
    'what the calls to the first role and to later ones held: sources, ids, schema fields, what was said before, model names',
  implies: () => ({}),
  judge(on) {
    const [first, ...later] = on.declares.chain;
    const toLater = on.seen.calls.map((c) => c.call).filter((call) => later.includes(call.role));
    if (toLater.length === 0) return nothingToJudge(`only ${first} was called`);
    const known = [...on.seen.calls, ...on.plain.calls].map((c) => c.call).filter((call) => call.role === first);
    const compared = toLater.flatMap((call) => {
      const from = known.find((c) => c.turn === call.turn) ?? known[0];
      if (from === undefined) return [];
      return [{ call, from, wrong: [...lost(from, call), ...forgotten(from, call, on), ...leaked(call, on)] }];
    });
    if (compared.length === 0) return nothingToJudge(`${first} was never called, nothing to compare with`);

    const bad = compared.filter((c) => c.wrong.length > 0);
    const proof = (of: typeof compared) => of.flatMap((c) => [c.call, c.from]);
    const what = unique(bad.flatMap((c) => c.wrong.map((w) => `${c.call.role} ${w}`)));
    if (bad.length > 0) return failed(what.join('; '), proof(bad));
    const held = unique(toLater.flatMap((call) => [...call.held.sources, ...call.held.source_ids]));
    const roles = unique(toLater.map((call) => call.role)).join(', ');
    const all = `all that ${first} received (${count(held.length, 'source')})`;
    return passed(`${roles} received ${all}`, proof(compared));
  },
});

function lost(from: Call, call: Call): string[] {
  const gone = (key: 'sources' | 'source_ids' | 'schema_fields') =>
    from.held[key].filter((x) => !call.held[key].includes(x));
  const fields = gone('schema_fields');
  return [
    ...gone('sources').map((s) => `lost the text of ${s}`),
    ...gone('source_ids').map((s) => `lost the id ${s}`),
    ...when(fields.length > 0, `was not asked for ${fields.join(', ')}`),
  ];
}

/** Where the context is too small what was said before may go, and only there. */
function forgotten(from: Call, call: Call, { seen, task }: Case): string[] {
  const kept = ({ held }: Call) => held.history?.includes(task.name) === true;
  if (!kept(from) || kept(call)) return [];
  const tight = seen.calls.some((c) => c.failureMode === 'context_overflow');
  return tight ? [] : ['lost what was said before'];
}

function leaked(call: Call, { roles, task }: Case): string[] {
  const own = roles[call.role]?.model ?? '';
  const spoken = roles[call.role]?.protocol ?? call.protocol;
  const names = Object.entries(roles).flatMap(([role, { model }]) => {
    if (model === own) return [];
    if (call.model === model) return [`was asked for ${role}'s model ${model}`];
    // A name inside the role's own name, or in the question itself, proves nothing.
    const innocent = own.includes(model) || task.input.includes(model);
    return when(call.held.models.includes(role) && !innocent, `received the name of ${role}'s model ${model}`);
  });
  return [...when(call.protocol !== spoken, `speaks ${spoken} and was called in ${call.protocol}`), ...names];
}
