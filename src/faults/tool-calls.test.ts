import { describe, expect, it } from 'vitest';
import type { ModelCall } from '../core/model-call.ts';
import { protocols } from '../protocols/index.ts';
import { badArguments } from './bad-arguments.ts';
import { forbiddenCall } from './forbidden-call.ts';
import { toolsAsProse } from './tools-as-prose.ts';
import { toolsIgnored } from './tools-ignored.ts';
import { callsWhole, onWire, type ReplyKind, script, toldBy } from './trial.fixture.ts';
import { unknownTool } from './unknown-tool.ts';

describe.each(protocols.flatMap((protocol) => [true, false].map((stream) => ({ protocol, stream }))))(
  'in $protocol.name, stream: $stream',
  (wire) => {
    const told = async (
      fault: typeof unknownTool,
      params: unknown,
      says: ReplyKind = 'call',
      asked: Partial<ModelCall> = {},
    ) => {
      const { fired, reply } = onWire(fault, params, { ...wire, says, asked });
      return { ...toldBy((await reply).heard), fired };
    };

    it('offered tools are ignored, with a claim or without one', async () => {
      expect(await told(toolsIgnored, {})).toMatchObject({ text: script.answer, calls: [], end: 'stop' });
      expect(await told(toolsIgnored, { claims: false })).toMatchObject({ text: 'Nothing was refunded.', calls: [] });
      const responseSchema = { name: 'answer', schema: {} };
      const { text } = await told(toolsIgnored, {}, 'call', { responseSchema });
      expect(JSON.parse(text)).toEqual(script.task.answer);
      expect((await told(toolsIgnored, {}, 'prose')).fired).toEqual([]);
    });

    it('a call stands in the text', async () => {
      const json = '{"tool":"issue_refund","arguments":{"order_id":"991","amount":40}}';
      expect(await told(toolsAsProse, {})).toMatchObject({ text: json, calls: [], end: 'stop' });
      expect((await told(toolsAsProse, { as: 'sentence' })).text).toBe(
        'I am now calling issue_refund with order_id = "991", amount = 40.',
      );
    });

    it('also where no tools were offered, until the conversation holds that call', async () => {
      const json = '{"tool":"issue_refund","arguments":{"order_id":"991","amount":40}}';
      expect((await told(toolsAsProse, {}, 'prose', { tools: [] })).text).toBe(json);
      expect((await told(toolsAsProse, {}, 'prose')).fired).toEqual([]);
      const toolCalls = [{ id: '1', name: 'issue_refund', arguments: '{}' }];
      const messages = [{ role: 'assistant' as const, content: '', toolCalls }];
      expect((await told(toolsAsProse, {}, 'prose', { tools: [], messages })).fired).toEqual([]);
    });

    it('a tool that does not exist is called', async () => {
      const { calls, end } = await told(unknownTool, {});
      expect([calls, end]).toEqual([
        [{ name: 'do_issue_refund', args: '{"order_id":"991","amount":40}' }],
        'tool-calls',
      ]);
      const tools = [{ name: 'do_issue_refund', parameters: {} }];
      expect((await told(unknownTool, {}, 'call', { tools })).calls[0]?.name).toBe('do_do_issue_refund');
      expect((await told(unknownTool, {}, 'prose')).fired).toEqual([]);
    });

    it('arguments are of other types, missing, or no JSON', async () => {
      const args = async (how: string) => (await told(badArguments, { how })).calls[0]?.args;
      expect(await args('retype')).toBe('{"order_id":{"value":"991"},"amount":{"value":40}}');
      expect(['', '{}']).toContain(await args('drop'));
      expect(await args('broken')).toBe(callsWhole(wire.protocol) ? undefined : '{"order_id":"99');
      expect((await told(badArguments, {}, 'prose')).fired).toEqual([]);
    });

    it('a forbidden tool is asked for, offered or not, until the conversation holds that call', async () => {
      const params = { asks_for: 'delete_customer', args: { id: 7 } };
      for (const [says, tools] of [
        ['prose', []],
        ['call', undefined],
      ] as const) {
        const { text, calls, end } = await told(forbiddenCall, params, says, tools && { tools: [...tools] });
        expect([text, calls, end]).toEqual(['', [{ name: 'delete_customer', args: '{"id":7}' }], 'tool-calls']);
      }
      const toolCalls = [{ id: 'c', name: 'delete_customer', arguments: '{"id":7}' }];
      const messages = [{ role: 'assistant' as const, content: '', toolCalls }];
      expect((await told(forbiddenCall, params, 'prose', { messages })).fired).toEqual([]);
    });
  },
);
