import { expect, test } from 'vitest';
import { toldIn } from '../text/told.ts';
import { createResultSearch, type TaskResults } from './results.ts';

const QUESTION = 'I have moved. Please send order LH-20611 to Skovvej 12, 8240 Risskov.';
const ORDER = 'Order LH-20611 is paid. It ships to Havnegade 4, 8000 Aarhus.';
const moved: TaskResults = {
  given: [QUESTION, ORDER, 'Yes'],
  turns: [
    { tool: 'lookup_order', returns: { order: 'LH-20611', carrier: 'Blue Post', packed: false } },
    { tool: 'change_address', returns: { ok: true, ships_to: 'Skovvej 12, 8240 Risskov' } },
    { tool: 'send_label', returns: { ok: true } },
  ],
};
const held = (text: string, task = moved) => createResultSearch([task])?.(toldIn(text));

test('the question itself tells no result', () => {
  expect(held(`${ORDER}\n\nQuestion: ${QUESTION}`)).toEqual([]);
  expect(held(JSON.stringify({ sources: [ORDER], asked: QUESTION }))).toEqual([]);
  expect(held(`${QUESTION} ${ORDER} Known: order LH-20611 goes with Blue Post.`)).toEqual(['lookup_order']);
});

test.each([
  ['as JSON', '{"ok":true,"ships_to":"Skovvej 12, 8240 Risskov"}'],
  ['in a transcript', 'change_address gave: {\\"ok\\":true,\\"ships_to\\":\\"Skovvej 12, 8240 Risskov\\"}'],
  ['in own words', 'The parcel now goes to Skovvej 12, 8240 Risskov.'],
  ['in another language', 'Die Adresse ist schon geändert: Skovvej 12, 8240 Risskov.'],
  ['by the name of its tool', 'Already done: change_address'],
  ['by that name in words', 'Change address: done, Yes'],
])('a result whose facts all stand in the question is held %s', (_, told) => {
  for (const text of [`${ORDER}\n${QUESTION}\n${told}`, `${told}\n${QUESTION}`, `${QUESTION} ${told}`])
    expect(held(text), text).toEqual(['change_address']);
});

test('what stands in no other text has to be told, the name of the tool beside it is not enough', () => {
  expect(held(`${QUESTION} lookup_order was called for order LH-20611`)).toEqual([]);
  expect(held(`${QUESTION} Sie kommt mit Blue Post, Bestellung LH-20611`)).toEqual(['lookup_order']);
});

test('a question that is quoted in another dress is taken for whatever it may be', () => {
  expect(held(QUESTION.replace('Please', 'PLEASE do'))).toEqual(['change_address']);
});

test('a tool that gives a whole source gave what stands there', () => {
  const reads = { given: [QUESTION, ORDER], turns: [{ tool: 'read_order', returns: { text: ORDER } }] };
  expect(held(`${ORDER}\n${QUESTION}`, reads)).toEqual(['read_order']);
  expect(held(QUESTION, reads)).toEqual([]);
});

test('of two tools that tell the same neither is missed', () => {
  const both = {
    given: [QUESTION],
    turns: ['lookup_order', 'check_order'].map((tool) => ({ tool, returns: { carrier: 'Blue Post' } })),
  };
  expect(held('It goes with Blue Post.', both)).toEqual(['lookup_order', 'check_order']);
});

test('where no result can be known there is none to search for', () => {
  expect(createResultSearch([{ given: [], turns: [{ tool: 'pay', returns: { ok: true } }] }])).toBeUndefined();
});
