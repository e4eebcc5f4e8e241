import { describe, expect, it } from 'vitest';
import { createRandom } from '../core/random.ts';
import { protocols } from '../protocols/index.ts';
import { citationLoss } from './citation-loss.ts';
import { citedIn, drawn, recite } from './citations.ts';
import { onWire, type ReplyKind, script, toldBy } from './trial.fixture.ts';
import { wrongCitation } from './wrong-citation.ts';

const IDS = ['policy_v3', 'order_991', 'order_7'];

it.each([
  ['Yes [policy_v3].', 'Yes.'],
  ['Yes [policy_v3, order_991] and [2].', 'Yes and [2].'],
  ['[order_7] says [who knows]', ' says [who knows]'],
  ['policy_v3 stays: it is no citation', 'policy_v3 stays: it is no citation'],
  [
    '{"answer":"Yes [order_7].","citations":["order_7","own"],"plan":[{"evidence_ids":["policy_v3"]}],"list":[{"id":"order_991"},1]}',
    '{"answer":"Yes.","citations":["own"],"plan":[{"evidence_ids":[]}],"list":[1]}',
  ],
])('from %s every known citation goes', (text, rest) => {
  expect(recite(text, IDS, () => undefined)).toBe(rest);
  expect(citedIn(rest, IDS)).toEqual([]);
});

it('a swap keeps what stands around it', () => {
  const other = (id: string) => (id === 'order_7' ? 'order_$&' : id);
  expect(recite('A [policy_v3; order_7] B', IDS, other)).toBe('A [policy_v3, order_$&] B');
  expect(recite('{"c":[{"id":"order_7","page":2}]}', IDS, other)).toBe('{"c":[{"id":"order_$&","page":2}]}');
});

it('lots are drawn evenly, rounded up, and the same for a seed', () => {
  const lots = Array.from({ length: 200 }, (_, seed) => drawn(IDS, 0.4, createRandom(seed)));
  expect(new Set(lots.map((l) => l.length))).toEqual(new Set([2]));
  for (const id of IDS) expect(lots.filter((l) => l.includes(id)).length).toBeGreaterThan(100);
  expect(drawn(IDS, 0.4, createRandom(3))).toEqual(lots[3]);
  expect([drawn(IDS, 0, createRandom(1)), drawn(IDS, 1, createRandom(1)).length]).toEqual([[], 3]);
});

describe.each(protocols)('in $name', (protocol) => {
  const told = async (fault: typeof citationLoss, params: unknown, says: ReplyKind, stream = true) => {
    const { fired, reply } = onWire(fault, params, { protocol, stream, says });
    return { text: toldBy((await reply).heard).text, fired };
  };

  it.each([true, false])('a structured answer loses them in both places (stream: %s)', async (stream) => {
    const { text } = await told(citationLoss, {}, 'structured', stream);
    expect(JSON.parse(text)).toMatchObject({ answer: 'We owe $40.00 within 30 days.', citations: [] });
    const half = await told(citationLoss, { share: 0.5 }, 'structured', stream);
    expect(citedIn(half.text, IDS)).toHaveLength(1);
  });

  it('prose loses them too; a tool call has none', async () => {
    expect((await told(citationLoss, {}, 'prose')).text).toMatch(/We owe it\.$/);
    expect((await told(citationLoss, {}, 'call')).fired).toEqual([]);
  });

  it('a wrong citation is another source, or one that does not exist', async () => {
    const invented = await told(wrongCitation, {}, 'structured');
    expect(JSON.parse(invented.text)).toMatchObject({ citations: ['policy_v4', 'order_992'] });
    expect(invented.text).toContain('[policy_v4, order_992]');
    const known = await told(wrongCitation, { id: 'known' }, 'prose');
    // There is one other source only.
    expect(known.text).toMatch(/order_7/);
    expect(known.text).toMatch(/policy_v4|order_992/);
    expect(known.fired).toEqual([expect.stringContaining('order_7 for ')]);
  });

  it('an invented one is really none', async () => {
    const sources = ['policy_v3', 'policy_v4', 'order_991'].map((id) => ({ id, tenant: 'acme', text: '' }));
    const wire = { protocol, stream: true, script: { ...script, sources } };
    const { heard } = await onWire(wrongCitation, {}, wire).reply;
    expect(toldBy(heard).text).toContain('[policy_v5] [order_992]');
  });
});
