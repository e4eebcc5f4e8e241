import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { schemaDrift } from './schema-drift.ts';
import { armedOnWire, onWire, script, toldBy } from './trial.fixture.ts';

const right = script.task.answer;
const schema = { name: 'answer', schema: { type: 'object', required: ['answer', 'citations'] } };

describe.each(protocols)('in $name', (protocol) => {
  const drift = async (params: object, stream = true) => {
    const asked = { responseSchema: schema };
    const { reply, fired } = onWire(schemaDrift, params, { protocol, stream, says: 'structured', asked });
    return { answer: JSON.parse(toldBy((await reply).heard).text), fired };
  };

  it.each([true, false])('what the schema requires has other names (stream: %s)', async (stream) => {
    const { answer, fired } = await drift({}, stream);
    expect(Object.keys(answer)).toEqual(['response', 'references', 'next_action', 'safe_to_send']);
    expect(fired).toEqual(['rename: answer, citations']);
  });

  it('or is gone, or has another type; or so have the fields that are named', async () => {
    expect(Object.keys((await drift({ how: 'drop' })).answer)).toEqual(['next_action', 'safe_to_send']);
    expect((await drift({ how: 'drop', fields: ['citations', 'unheard_of'] })).answer).toEqual({
      ...(typeof right === 'object' && right),
      citations: undefined,
    });
    const fields = ['answer', 'citations', 'next_action', 'safe_to_send'];
    expect((await drift({ how: 'retype', fields })).answer).toEqual({
      answer: [script.answer],
      citations: 'policy_v3, order_991',
      next_action: '{"amount":40,"unit":"usd"}',
      safe_to_send: 'true',
    });
  });

  it('or the same fields mean something else, as the golden task declares', async () => {
    const { answer, fired } = await drift({ how: 'meaning' });
    expect(answer).toEqual({ ...(typeof right === 'object' && right), next_action: { amount: 4000, unit: 'usd' } });
    expect(fired).toHaveLength(1);
    expect((await drift({ how: 'meaning', fields: ['answer'] })).fired).toEqual([]);
  });

  it('a repair gets the right shape, if the drift is repairable; every ask drifts anew', async () => {
    for (const repairable of [true, false]) {
      const wire = { protocol, stream: false, says: 'structured' as const };
      const { ask, fired } = armedOnWire(schemaDrift, { repairable }, wire);
      const answers = [];
      for (const number of [1, 1, 2, 2]) answers.push(JSON.parse(toldBy((await ask({ ask: number })).heard).text));
      const fits = answers.map((answer) => 'answer' in answer);
      expect(fits).toEqual(repairable ? [false, true, false, true] : [false, false, false, false]);
      expect(fired).toHaveLength(repairable ? 2 : 4);
    }
  });

  it('prose and tool calls have no schema to drift from', async () => {
    for (const says of ['prose', 'call'] as const)
      expect(await onWire(schemaDrift, {}, { protocol, stream: true, says }).reply).toEqual(
        await onWire(undefined, {}, { protocol, stream: true, says }).reply,
      );
  });
});
