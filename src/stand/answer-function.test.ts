import { describe, expect, it } from 'vitest';
import { gather, nothing } from '../core/gathered.ts';
import { GoldenTask } from '../core/golden-task.ts';
import type { CallBody, ModelCall, ToolSchema } from '../core/model-call.ts';
import { inTurn, type Part, type Reply } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import type { Armed } from '../protocols/relay.ts';
import { answerIn, answersAsked, withAnswersCalled } from './answer-function.ts';
import { meet, says } from './sdk.fixture.ts';

const tool = (name: string): ToolSchema => ({ name, parameters: { type: 'object', properties: {} } });
const form: ToolSchema = {
  name: 'extract',
  description: 'The answer.',
  parameters: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
};
const refund = tool('issue_refund');
const asked = (more: Partial<CallBody>): CallBody => ({
  ...{ protocol: 'openai-chat', model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools: [form], stream: false },
  ...more,
});

describe('a function that has to be called', () => {
  const read = (more: Partial<CallBody>) => answersAsked([refund])(asked(more));
  const asForm = { answersBy: 'extract', responseSchema: { name: 'extract', schema: form.parameters }, tools: [] };

  it('is the form of the answer, and no tool', () => {
    expect(read({ mustCall: ['extract'] })).toMatchObject(asForm);
    expect(read({ tools: [form, refund], mustCall: ['extract'] })).toMatchObject(asForm);
  });

  it('stands beside the tools that may be called in its place', () => {
    const mustCall = ['issue_refund', 'extract'];
    expect(read({ tools: [refund, form, tool('other')], mustCall })).toMatchObject({ ...asForm, tools: [refund] });
  });

  it('leaves a schema that the reply has to follow besides', () => {
    const responseSchema = { name: 'own', schema: {} };
    expect(read({ mustCall: ['extract'], responseSchema })).toMatchObject({ ...asForm, responseSchema });
  });

  it.each<[string, Partial<CallBody>]>([
    ['is not forced', {}],
    ['is a tool of the workflow', { tools: [refund], mustCall: ['issue_refund'] }],
    ['is one of several unknown ones', { tools: [form, tool('other')], mustCall: ['extract', 'other'] }],
    ['is not there', { mustCall: ['other'] }],
  ])('stays what it was where it %s', (_, more) => {
    const said = asked(more);
    expect(answersAsked([refund])(said)).toBe(said);
  });
});

const task = GoldenTask.parse({
  name: 'hours',
  input: 'Open on Sunday?',
  answer: { answer: 'From 10 am. 🙂', open: true },
});
const served = { provider: 'x', base_url: 'https://x.example', model: 'gemini-3-pro' };

/** One call to a stand, and what comes back over the wire. */
async function exchange(
  protocol: (typeof protocols)[number],
  stream: boolean,
  faults: Parameters<typeof meet>[1] = [],
) {
  const call: CallBody = { ...asked({ stream, mustCall: ['extract'] }), protocol: protocol.name, model: served.model };
  const request = protocol.writeCall(call, { base_url: served.base_url, api_key: 'key' });
  const work = async () => {
    const { url, method, headers, body } = request;
    const reply = await fetch(url, { method, headers: headers.map(([k, v]): [string, string] => [k, v]), body });
    const decoder = protocol.decoder({ status: reply.status, headers: [...reply.headers], framing: 'chunked' }, 0);
    const bytes = new Uint8Array(await reply.arrayBuffer());
    return [...decoder.push(bytes), ...decoder.end()].flatMap(({ parts }) => parts);
  };
  const roles = { primary: { ...served, protocol: protocol.name } };
  const { value = [], error, told } = await meet(work, faults, roles, task);
  if (error !== undefined) throw error;
  const [ended] = told('call-end');
  return { parts: value, said: gather(value), ended, call: told('call')[0] };
}

describe.each([...protocols])('$name', (protocol) => {
  it.each([false, true])('gets its answer as a call, streamed %s', async (stream) => {
    const { parts, said, ended, call } = await exchange(protocol, stream);
    expect(said.text).toBeUndefined();
    expect(said.calls).toEqual([{ id: expect.any(String), name: 'extract', arguments: expect.any(String) }]);
    expect(JSON.parse(said.calls[0]?.arguments ?? '')).toEqual(task.answer);
    expect(said.end).toBe('tool-calls');
    if (stream && protocol.name !== 'gemini')
      expect(parts.filter(({ type }) => type === 'tool-call-delta').length).toBeGreaterThan(1);
    // In the trace it is an answer as any other.
    expect(ended).toMatchObject({ how: 'complete', failure_mode: null, fields: { open: true } });
    expect(ended).not.toHaveProperty('tool_calls');
    expect(call).not.toHaveProperty('tools');
  });

  it.each([false, true])('gets prose as prose, streamed %s', async (stream) => {
    const prose = says({ type: 'text-delta', text: 'I would rather not.' }, { type: 'end', reason: 'stop' });
    const { said } = await exchange(protocol, stream, [prose]);
    expect(said).toMatchObject({ text: 'I would rather not.', calls: [], end: 'stop' });
  });

  it('gets a limit that cuts its answer', async () => {
    const cut = says({ type: 'text-delta', text: '{"answer":"Fr' }, { type: 'end', reason: 'length' });
    const { said } = await exchange(protocol, true, [cut]);
    expect(said).toMatchObject({ text: undefined, end: 'length' });
  });
});

describe('an answer that the provider itself gives as a call', () => {
  const call: ModelCall = {
    ...{ id: 'c1', role: 'backup', provider: 'x', ask: 1, task: 't', tenant: 'a', attempt: 1, turn: 1 },
    ...asked({ tools: [] }),
    answersBy: 'extract',
  };
  const called: Part[] = [
    { type: 'tool-call', id: 'theirs', name: 'extract' },
    { type: 'tool-call-delta', id: 'theirs', arguments: '{"answer":' },
    { type: 'tool-call-delta', id: 'theirs', arguments: '"Yes."}' },
    { type: 'end', reason: 'tool-calls' },
  ];
  async function through(meaning: Armed['meaning'], parts: Part[]) {
    const source = async (): Promise<Reply> => ({ kind: 'http', parts: inTurn(parts) });
    const armed = withAnswersCalled({ meaning, wire: [] }, call);
    const reply = await armed.meaning.reduceRight<(c: ModelCall) => Promise<Reply>>(
      (next, inject) => (one) => inject(one, next),
      source,
    )(call);
    const out: Part[] = [];
    if (reply.kind === 'http') for await (const part of reply.parts) out.push(part);
    return out;
  }

  it('is text to a fault, and a call of the same id again', async () => {
    const heard: Part[] = [];
    const listens: Armed['meaning'][number] = async (one, next) => {
      const reply = await next(one);
      if (reply.kind === 'none') return reply;
      for await (const part of reply.parts) heard.push(part);
      return { kind: 'http', parts: inTurn(heard) };
    };
    expect(await through([listens], called)).toEqual(called);
    expect(gather(heard)).toMatchObject({ text: '{"answer":"Yes."}', calls: [], end: 'stop' });
  });

  it('stays a call, however its arguments begin', async () => {
    const [begin, , ...rest] = called;
    const spaced: Part[] = [
      begin,
      { type: 'tool-call-delta', id: 'theirs', arguments: '\n {"answer":' } as const,
      ...rest,
    ].flatMap((part) => part ?? []);
    expect(await through([], spaced)).toEqual(spaced);
  });

  it('leaves other calls as they are', async () => {
    const other: Part[] = [
      { type: 'tool-call', id: 'b', name: 'issue_refund' },
      { type: 'tool-call-delta', id: 'b', arguments: '{}' },
    ];
    const [begin, ...rest] = called;
    expect(await through([], [...called.slice(0, 3), ...other, ...called.slice(3)])).toEqual([
      ...(begin ? [begin] : []),
      ...rest.slice(0, 2),
      ...other,
      ...rest.slice(2),
    ]);
  });

  it('is what is read of the reply', () => {
    expect(answerIn(call, gather(called))).toBe('{"answer":"Yes."}');
    expect(answerIn({}, gather(called))).toBeUndefined();
    expect(answerIn(call, { ...nothing(), text: 'No.' })).toBe('No.');
  });
});
