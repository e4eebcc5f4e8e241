import { describe, expect, test } from 'vitest';
import type { Message } from '../core/model-call.ts';
import { createCallReader } from './given.ts';

const QUESTION = 'May I return the lamp from order LH-20590 after thirty days?';
const POLICY = 'Lamps may be returned within 30 days.\nA lamp that was lit counts as used, and is not taken back.';
const HISTORY = [
  { role: 'user', content: 'Is the "Vega" lamp still made?' },
  { role: 'assistant', content: 'It is.\nWould you like one?' },
  { role: 'user', content: 'No, thank you.' },
] as const;
const SCHEMA = { type: 'object', properties: { answer: { type: 'string', description: 'what a reader sees first' } } };
const task = { name: 't', tenant: 'a', sources: [], input: QUESTION, history: [], material: [`policy_v1 ${POLICY}`] };
const read = createCallReader([task, { ...task, name: 'talk', history: HISTORY }]);
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });

describe('questions', () => {
  const asked = (...messages: Message[]) => read({ task: 't', messages }).questions;
  const turn = `[policy_v1]\n${POLICY}\n\nQuestion: ${QUESTION}`;

  test.each<[string, number | undefined, Message[]]>([
    ['one turn', 1, [system('Be kind.'), user(turn)]],
    ['the turn as JSON inside JSON', 1, [user(JSON.stringify({ body: JSON.stringify({ turn }) }))]],
    ['a few words lost or changed', 1, [user('May I return my lamp from order LH-20590 after 30 days, please?')]],
    ['said before and after the sources', 1, [user(`${QUESTION}\n\n${POLICY.repeat(3)}\n\nAgain: ${QUESTION}`)]],
    ['asked again after an answer', 1, [user(turn), assistant('I cannot say.'), user(turn)]],
    ['a ping', undefined, [user('ping')]],
    ['other words about the same', undefined, [user('Somebody wants to give a lamp back. What do you say?')]],
    ['the turn twice, in two messages', 2, [user(turn), user(turn)]],
    ['the turn twice, in one message', 2, [user(`${turn}\n${turn}`)]],
    ['the turn three times, with counts', 3, [user(`Try 1: ${turn} Try 2: ${turn} Try 3: ${turn}`)]],
    ['the bare question after its turn', 2, [user(turn), system('Go on.'), user(QUESTION)]],
    ['twice before an answer, once after it', 2, [user(turn), user(turn), assistant('Hm.'), user(turn)]],
  ])('%s', (_, times, messages) => {
    expect(asked(...messages)).toBe(times);
  });

  test('a source that quotes the question asks nothing, nor does a transcript in which it was asked before', () => {
    const mail = `Notes: the customer wrote, in full: ${QUESTION}`;
    const quoted = createCallReader([
      { ...task, material: [mail] },
      { ...task, name: 'again', history: [{ role: 'user', content: QUESTION }] },
    ]);
    const times = (name: string, ...messages: Message[]) => quoted({ task: name, messages }).questions;
    expect(times('t', user(`${mail}\n${mail}\n${QUESTION}`))).toBe(1);
    expect(times('t', user(mail))).toBeUndefined();
    expect(times('t', user(`${mail}\n${QUESTION}`), user(`${mail}\n${QUESTION}`))).toBe(2);
    expect(times('again', user(`Customer: ${QUESTION} Now: ${QUESTION}`))).toBe(1);
  });

  test('a question of a few words is known word for word', () => {
    const short = createCallReader([{ ...task, input: 'Is it open?' }]);
    expect(short({ task: 't', messages: [user('Is it really open?')] }).questions).toBeUndefined();
    expect(short({ task: 't', messages: [user('Q: is it open')] }).questions).toBe(1);
  });
});

describe('instructions', () => {
  const words = (...messages: Message[]) => read({ task: 't', messages }).instructions;
  const RULES = 'Promise nothing that a policy leaves to others; cite what you rely on.';
  const alone = words(system(RULES)) ?? 0;

  test('what the task brings along is none', () => {
    expect(words(user(`${POLICY} ${QUESTION}`))).toBe(0);
    expect(words(user(`1: ${POLICY.replace('\n', '\n2: ')} 3: ${QUESTION}`))).toBe(0);
  });

  test('they count wherever they stand, each word once', () => {
    expect(alone).toBeGreaterThan(9);
    expect(words(user(`${RULES}\n${POLICY}\n${RULES}`))).toBe(alone);
    expect(words(user(JSON.stringify({ rules: RULES, text: POLICY })))).toBe(alone + 2);
  });

  test('schemas are none, in the prompt or in the field for them', () => {
    expect(words(system(`${RULES}\n${JSON.stringify(SCHEMA)}`))).toBe(alone);
    expect(words(system(`${RULES} Example: {"answer":"${POLICY}"}`))).toBe(alone + 2);
    const schemaInWords = { messages: [system('a string, what a reader sees first')], task: 't' };
    expect(read({ ...schemaInWords, responseSchema: { name: 'r', schema: SCHEMA } }).instructions).toBe(0);
  });

  test('a language without blanks has about a word in two characters', () => {
    expect(words(system('资料のみ使用'))).toBe(3);
  });

  test('braces that are never closed take no time', () => {
    expect(words(user(`${'{'.repeat(20_000)} ${'{"a":'.repeat(5_000)}${'}'.repeat(5_000)}`))).toBe(0);
  });

  test('of a task that nobody knows nothing is said', () => {
    expect(read({ task: 'another', messages: [user(QUESTION)] })).toEqual({});
  });
});

describe('talk', () => {
  const [first, second, third] = HISTORY.map((h): Message => ({ ...h }));
  const of = (...messages: (Message | undefined)[]) =>
    read({ task: 'talk', messages: [...messages, user(QUESTION)].flatMap((m) => m ?? []) }).talk;
  const texts = HISTORY.map((h) => h.content);

  test.each<[string, string, (Message | undefined)[]]>([
    ['as it was', 'whole', [first, second, third]],
    ['among other messages', 'whole', [system('Be kind.'), first, second, assistant('Fine.'), third]],
    ['a transcript', 'whole', [user(HISTORY.map((h) => `${h.role}: ${h.content}`).join('\n'))]],
    [
      'a transcript in the system message',
      'whole',
      [system(`So far. Customer: ${texts[0]} We: ${texts[1]} Customer: ${texts[2]}`)],
    ],
    ['a transcript as JSON', 'whole', [user(JSON.stringify({ talk: HISTORY }))]],
    [
      'quoted line by line',
      'whole',
      [user(`Customer:\n> ${texts[0]}\nWe:\n> ${texts[1]?.replace('\n', '\n> ')}\nCustomer:\n> ${texts[2]}`)],
    ],
    ['all said by the user', 'other_roles', texts.map(user)],
    ['a heap of texts', 'other_roles', [user(texts.join('\n'))]],
    ['a list that names nobody', 'other_roles', [user(texts.map((t) => `Said: ${t}`).join('\n'))]],
    ['turned round', 'other_order', [third, second, first]],
    ['the last first', 'other_order', [third, first, second]],
    ['without its beginning', 'lost', [second, third]],
    ['in a summary', 'lost', [system('The customer asked about a lamp and wants none.')]],
  ])('%s', (_, became, messages) => {
    expect(of(...messages)).toBe(became);
  });

  test('a task without history has none', () => {
    expect(read({ task: 't', messages: [user(QUESTION)] })).not.toHaveProperty('talk');
  });
});

describe('questions of other tasks', () => {
  const HOURS = 'When do you open on Sunday?';
  const all = createCallReader([
    task,
    { ...task, name: 'hours', input: HOURS },
    { ...task, name: 'talk', history: [{ role: 'user', content: HOURS }] },
  ]);
  const otherAsked = (name: string, content: string) => all({ task: name, messages: [user(content)] }).other_question;

  test.each<[string, string, string, string | undefined]>([
    ['another one in place of its own', 't', `Question: ${HOURS}`, 'hours'],
    ['another one beside its own', 't', `Before: ${HOURS} Now: ${QUESTION}`, undefined],
    ['another one in other words', 't', 'When, on Sunday, is it open?', undefined],
    ['its own in other words', 't', 'May I return my lamp after 30 days?', undefined],
    ['one that was asked before in its talk', 'talk', `Before: ${HOURS} Now: may I give it back?`, undefined],
    ['one that a third task asks as well, after another', 'hours', QUESTION, 't'],
    ['another one as an example', 't', `Like: ${HOURS} Question: May I return my lamp after 30 days?`, undefined],
  ])('%s', (_, name, content, expected) => {
    expect(otherAsked(name, content)).toEqual(expected);
  });
});
