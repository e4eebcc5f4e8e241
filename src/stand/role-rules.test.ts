import { describe, expect, it } from 'vitest';
import type { Role, RoleRules } from '../core/declaration.ts';
import type { CallBody, Message } from '../core/model-call.ts';
import { brokenRule } from './role-rules.ts';

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

it('a context window holds as well', () => {
  expect(asked({}, {}, 101, 100)).toMatchObject({ mode: 'context_overflow', message: expect.stringMatching(/101/) });
  expect(asked({}, {}, 100, 100)).toBeUndefined();
});
