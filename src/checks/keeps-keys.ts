import { defineLogCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { count, unique } from '../text/words.ts';

/** A key is the provider's and the owner's alone: who has it spends their money, and reads what they may read. */
export const keepsKeys = defineLogCheck({
  name: 'keeps-keys',
  summary: 'No API key goes to another provider, into the log, or into anything that is handed out or kept',
  reads: 'all that is sent with every call, the log and the outcome, in which the keys of the roles are looked for',
  severity: 'critical',
  advice: 'Hand each key to the client of its own provider, and let nothing that is logged, stored or shown hold it.',
  always: true,
  nobody_waits: true,
  implies: () => ({}),
  judge({ seen: { calls, outcome } }, log) {
    const sent = calls.filter(({ call }) => call.foreign_keys !== undefined);
    const told = outcome === undefined ? [] : [outcome, ...(log === undefined ? [] : [log])];
    const holding = [...calls.map(({ call }) => call), ...told].filter(({ held }) => held.keys !== undefined);
    const what = [
      ...sent.map(({ call }) => `the key of ${call.foreign_keys?.join(', ')} was sent to ${call.role}`),
      ...holding.map(
        (e) =>
          `${e.kind === 'call' ? `a prompt to ${e.role}` : `the ${e.kind}`} holds the key of ${e.held.keys?.join(', ')}`,
      ),
    ];
    if (what.length > 0) return failed(unique(what).join('; '), sent, holding, outcome);
    if (calls.length === 0) return nothingToJudge('no model was called, so no key was in use');
    return passed(`${count(calls.length, 'call')}, each with no key but its own`, calls, told);
  },
});
