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
  history: [],
  models: { primary: 'gpt-5', backup: 'gpt-5-mini', third: 'gpt-4' },
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

test('a picture is held where its bytes are, and what was said before where all of it is', () => {
  const shown = createMarkerSearch({
    sources: [{ id: 'photo_1', text: '', image: { data: 'iVBORw0KGgo=' } }],
    ...{ canaries: {}, schemaFields: [], results: [], models: {} },
    history: [{ task: 'a', texts: ['Is it open?', 'It "is".'] }],
  });
  expect(shown('[photo_1]\nIs it open?')).toMatchObject({ sources: [], source_ids: ['photo_1'], history: [] });
  const whole = JSON.stringify(['Is it open?', 'It "is".', 'iVBORw0KGgo=']);
  expect(shown(whole)).toMatchObject({ sources: ['photo_1'], history: ['a'] });
});
