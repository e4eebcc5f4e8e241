import { describe, expect, it } from 'vitest';
import type { Role, RoleRules } from '../core/declaration.ts';
import { gather, nothing } from '../core/gathered.ts';
import type { CallBody, Message, ModelCall } from '../core/model-call.ts';
import { createRandom } from '../core/random.ts';
import type { Part } from '../core/wire.ts';
import { brokenRule, givingOwnIds } from './role-rules.ts';

const user = (content: string): Message => ({ role: 'user', content });
const said = (content: string): Message => ({ role: 'assistant', content });
const calls = (...ids: string[]): Message => ({
  role: 'assistant',
  content: '',
  toolCalls: ids.map((id) => ({ id, name: 'look_up', arguments: '{}' })),
});
const gave = (id: string): Message => ({ role: 'tool', content: 'seen', toolCallId: id });
const system: Message = { role: 'system', content: 'Be brief.' };
const talk = (...messages: Message[]) => ({ messages });
const picture: Message = { ...user('What is it?'), images: [{ media_type: 'image/png', data: 'iVBORw0KGgo=' }] };

interface Row {
  rule: string;
  rules: RoleRules;
  breaks: Partial<CallBody>[];
  keeps: Partial<CallBody>[];
  says: RegExp;
}

const ROWS: Row[] = [
  {
    rule: 'an output limit',
    rules: { max_output_tokens: 100 },
    breaks: [{ maxOutputTokens: 101 }],
    keeps: [{ maxOutputTokens: 100 }, {}],
    says: /at most 100/,
  },
  {
    rule: 'a parameter it does not take',
    rules: { unsupported: ['temperature', 'seed'] },
    breaks: [{ params: ['temperature'] }, { params: ['stream', 'seed'] }],
    keeps: [{ params: ['stream'] }, {}],
    says: /'(?:temperature|seed)' is not supported with m-1/,
  },
  {
    rule: 'no pictures',
    rules: { images: false },
    breaks: [talk(picture)],
    keeps: [talk(user('What is it?'))],
    says: /image/,
  },
  {
    rule: 'one call at a time',
    rules: { parallel_calls: false },
    breaks: [talk(user('a'), calls('c1', 'c2'), gave('c1'), gave('c2'))],
    keeps: [talk(user('a'), calls('c1'), gave('c1'), calls('c2'), gave('c2'))],
    says: /single tool call/,
  },
  {
    rule: 'ids of nine letters',
    rules: { tool_call_ids: { pattern: '[a-z0-9]{9}', max_length: 9 } },
    breaks: [
      talk(user('a'), calls('call_refund_1'), gave('call_refund_1')),
      talk(user('a'), calls('abc'), gave('abc')),
    ],
    keeps: [talk(user('a'), calls('abcdefgh1'), gave('abcdefgh1'))],
    says: /must match \[a-z0-9\]\{9\} and have at most 9 characters/,
  },
  {
    rule: 'ids that are not too long',
    rules: { tool_call_ids: { max_length: 40 } },
    breaks: [talk(user('a'), calls('x'.repeat(41)), gave('x'.repeat(41)))],
    keeps: [talk(user('a'), calls('x'.repeat(40)), gave('x'.repeat(40)))],
    says: /at most 40 characters/,
  },
  {
    rule: 'turns that alternate',
    rules: { turns: 'alternate' },
    breaks: [
      talk(user('a'), user('b')),
      talk(user('a'), said('b')),
      talk(said('a'), user('b')),
      talk(user('a'), said('b'), system, user('c')),
      talk(user('a'), calls('c1'), gave('c1'), user('b')),
    ],
    keeps: [
      talk(user('a')),
      talk(system, user('a'), said('b'), user('c')),
      talk(user('a'), calls('c1', 'c2'), gave('c1'), gave('c2')),
      talk(user('a'), calls('c1'), gave('c1'), said('b'), user('c')),
    ],
    says: /must alternate/,
  },
  {
    rule: 'turns that are answered',
    rules: { turns: 'answered' },
    breaks: [talk(user('a'), said('b')), talk(user('a'), calls('c1'), gave('c1'), user('b'))],
    keeps: [
      talk(user('a'), user('b')),
      talk(user('a'), calls('c1'), gave('c1')),
      talk(user('a'), calls('c1'), gave('c1'), said('b'), user('c')),
    ],
    says: /^Expected last role User or Tool|^Unexpected role 'user' after role 'tool'/,
  },
];

const asked = (call: Partial<CallBody>, rules: RoleRules, tokens = 10, context_tokens?: number) => {
  const role: Role = {
    ...{ provider: 'x', protocol: 'openai-chat', base_url: 'https://x.example', model: 'm-1', rules },
    ...(context_tokens !== undefined && { context_tokens }),
  };
  const body = { protocol: 'openai-chat', model: 'm-1', messages: [user('Hi')], tools: [], stream: false, ...call };
  return brokenRule(body, role, tokens, { conversation: 'input', limit: 'max_output_tokens' });
};

describe.each(ROWS)('$rule', ({ rules, breaks, keeps, says }) => {
  it('turns away who breaks it, and says why', () => {
    for (const call of breaks)
      expect(asked(call, rules)).toMatchObject({ refused: true, status: 400, message: expect.stringMatching(says) });
  });

  it('takes whoever keeps it, and anybody without the rule', () => {
    for (const call of keeps) expect(asked(call, rules)).toBeUndefined();
    for (const call of breaks) expect(asked(call, {})).toBeUndefined();
  });
});

it('the broken rule is told in the words of the API', () => {
  expect(asked({ maxOutputTokens: 9 }, { max_output_tokens: 8 })).toMatchObject({
    param: 'max_output_tokens',
    message: expect.stringMatching(/^max_output_tokens is too large/),
  });
  for (const { rules, breaks } of ROWS.filter(({ breaks }) => breaks.every(({ messages }) => messages !== undefined)))
    expect(asked(breaks[0] ?? {}, rules)).toMatchObject({ param: 'input' });
});

describe('ids that a provider gives', () => {
  const given = async (rule: NonNullable<RoleRules['tool_call_ids']>, ...ids: string[]) => {
    async function* parts(): AsyncGenerator<Part> {
      for (const id of ids) yield* [{ type: 'tool-call', id, name: 'look_up' } as const, deltaOf(id)];
    }
    const deltaOf = (id: string): Part => ({ type: 'tool-call-delta', id, arguments: '{}' });
    const call: ModelCall = {
      ...{ id: 'c1', role: 'backup', provider: 'x', ask: 1, task: 't', tenant: 'a', attempt: 1, turn: 1 },
      ...{ protocol: 'openai-chat', model: 'm-1', messages: [user('Hi')], tools: [], stream: false },
    };
    const reply = await givingOwnIds(rule, createRandom(3))(call, async () => ({ kind: 'http', parts: parts() }));
    if (reply.kind === 'none') throw new Error('no reply');
    const said = nothing();
    for await (const part of reply.parts) gather([part], said);
    expect(said.calls.every((one) => one.arguments === '{}')).toBe(true);
    return said.calls.map(({ id }) => id);
  };

  it.each([
    { pattern: '[a-z0-9]{9}', max_length: 9 },
    { max_length: 3 },
    { pattern: 'toolu_[a-f0-9]{4,}', max_length: 20 },
    { pattern: '\\d+' },
    { pattern: 'tool-call-[a-z]{8}|other' },
  ])('are taken back by its own rule %o, and told apart', async (tool_call_ids) => {
    const ids = await given(tool_call_ids, 'call_refund_1', 'call_refund_2');
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(asked(talk(user('a'), calls(id), gave(id)), { tool_call_ids })).toBeUndefined();
    expect(await given(tool_call_ids, 'call_refund_1', 'call_refund_2')).toEqual(ids);
  });

  it('stay as they are where they fit', async () => {
    expect(await given({ pattern: 'call_.*' }, 'call_refund_1')).toEqual(['call_refund_1']);
  });
});

it('a context window holds as well', () => {
  expect(asked({}, {}, 101, 100)).toMatchObject({ mode: 'context_overflow', message: expect.stringMatching(/101/) });
  expect(asked({}, {}, 100, 100)).toBeUndefined();
});
