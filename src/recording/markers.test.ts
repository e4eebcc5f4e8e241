import { expect, test } from 'vitest';
import { isLinear } from '../computing.fixture.ts';
import { createMarkerSearch } from './markers.ts';

const POLICY = '# Refunds\n\nThe period is "30 days".\nA fee of €5 applies; see C:\\new.';
const held = createMarkerSearch({
  sources: [
    { id: 'policy_v1', text: POLICY },
    { id: 'order_104', text: 'Order 104, one lamp.' },
    { id: 'order_1042', text: 'Order 1042, two lamps.' },
  ],
  canaries: { alder: 'ALD-7Q4X', lumen: 'LMN-KD58' },
  schemaFields: ['answer', 'safe_to_send', ''],
  results: [],
  models: { primary: 'gpt-5', backup: 'gpt-5-mini', third: 'gpt-4' },
  keys: { primary: 'sk-one', backup: 'sk-one-two' },
});
const NOTHING = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };

test('nothing is held by a text without markers', () => {
  expect(held('Where is my parcel? Please send the answers safely.')).toEqual(NOTHING);
  expect(held('')).toEqual(NOTHING);
});

const ascii = (json: string) => json.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

test.each([
  ['as it is', POLICY],
  ['among other words, with other whitespace', `[x]\n${POLICY.replaceAll('\n', '\r\n  ')}\n\nQuestion`],
  ['as JSON', JSON.stringify({ text: POLICY })],
  ['as JSON inside JSON', JSON.stringify({ body: JSON.stringify({ text: POLICY }) })],
  ['as JSON in ASCII alone', ascii(JSON.stringify({ text: POLICY }))],
])('a source is found %s', (_, text) => {
  expect(held(text).sources).toEqual(['policy_v1']);
});

test('a source that lost a word is not there', () => {
  expect(held(POLICY.replace('30', '31')).sources).toEqual([]);
});

test('a name inside a longer one does not count', () => {
  expect(held('[order_1042] and order_10421').source_ids).toEqual(['order_1042']);
  expect(held('order_104.md, reorder_1042').source_ids).toEqual(['order_104']);
  expect(held('asked gpt-5-mini').models).toEqual(['backup']);
  expect(held('not gpt-4.1, but openai/gpt-5.').models).toEqual(['primary']);
  expect(held('{"answer":"…","unsafe_to_send":true}').schema_fields).toEqual(['answer']);
});

test('a canary counts wherever it stands, by its tenant', () => {
  expect(held('refALD-7Q4X-20931').canaries).toEqual(['alder']);
});

test.each(['\\u005c', '\\u005cu005c', 'order_104'])('a text of %s alone takes time with its length', async (piece) => {
  expect(await isLinear((n) => held(piece.repeat(n)), 80_000)).toBe(true);
});

test('an API key is held, and not one that begins as it does', () => {
  expect(held('{"authorization":"Bearer sk-one-two"}').keys).toEqual(['backup']);
  expect(held('sk-one,sk-one-two').keys).toEqual(['primary', 'backup']);
});

test('a picture is held where its bytes are', () => {
  const shown = createMarkerSearch({
    sources: [{ id: 'photo_1', text: '', image: { data: 'iVBORw0KGgo=' } }],
    ...{ canaries: {}, schemaFields: [], results: [], models: {}, keys: {} },
  });
  expect(shown('[photo_1]\nIs it open?')).toMatchObject({ sources: [], source_ids: ['photo_1'] });
  expect(shown(JSON.stringify(['iVBORw0KGgo=']))).toMatchObject({ sources: ['photo_1'] });
});

const LONG = `# Order LH-20590

Bought on 2 October 2026 by A. K., paid by card: €1,119.00.
| item | qty |
| --- | --- |
| Vega table lamp, ceramic, sand | 2 |

Notes: the base has a crack right through it, and photos of it are on file.`;
const lamps = createMarkerSearch({
  sources: [{ id: 'order_lh_20590', text: LONG }],
  ...{ canaries: {}, schemaFields: [], models: {}, keys: {} },
  results: [
    { tool: 'lookup_order', returns: { order: 'LH-20590', status: 'delivered', refunded: 0, open: false } },
    { tool: 'pay', returns: { ok: true } },
  ],
});

test.each([
  ['with its lines numbered', LONG.replace(/^/gm, () => '7: ')],
  ['quoted', LONG.replace(/^/gm, '> ')],
  ['as a table in another dress', LONG.replaceAll('|', '<td>').replaceAll('---', '')],
  ['with amounts written otherwise', LONG.replace('€1,119.00', 'EUR 1119')],
  ['in capitals', LONG.toUpperCase()],
  ['with a few words changed', LONG.replace('has a crack right through it', 'is cracked')],
])('a source is held %s', (_, text) => {
  expect(lamps(text).sources).toEqual(['order_lh_20590']);
});

test.each([
  ['an amount', LONG.replace('1,119.00', '119.00')],
  ['its id', LONG.replace('LH-20590', 'LH-20591')],
  ['a date', LONG.replace('2 October 2026', 'October')],
  ['its second half', LONG.slice(0, LONG.length / 2)],
  ['all but its facts', (LONG.match(/\S*\d\S*/g) ?? []).join(' ')],
])('a source that lost %s is not there', (_, text) => {
  expect(lamps(text).sources).toEqual([]);
});

test('a result is held in words; one of yes alone marks nothing', () => {
  expect(lamps('lookup order: order is LH-20590, status is delivered, refunded is none').results).toEqual([
    'lookup_order',
  ]);
  expect(lamps('order LH-20590 was shipped, and it is true').results).toEqual([]);
  expect(held('true').results).toBeUndefined();
});
