import { describe, expect, it } from 'vitest';
import type { CallOutside } from '../core/upstream.ts';
import { openaiChat } from '../protocols/openai-chat/index.ts';
import { createWallClock } from '../world/index.ts';
import { MemoryFiles } from './memory-files.fixture.ts';
import { liveReplies } from './replies.ts';
import { openSpend } from './spend.ts';
import { UpstreamFailure, UpstreamRefused } from './upstream/failures.ts';
import type { Upstream, UpstreamReply } from './upstream/upstream.ts';
import { wanted } from './wanted-call.fixture.ts';

const REPLY = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 30, total_tokens: 40 },
};

/** A provider that replies so, or not, and what was left of its reply. */
function against(send: (reply: UpstreamReply) => Promise<UpstreamReply>, call = wanted()) {
  const spend = openSpend({
    capUsd: 1,
    folder: 'spend',
    files: new MemoryFiles(),
    clock: createWallClock(),
    ci: false,
  });
  const left: string[] = [];
  const bytes = [new TextEncoder().encode(JSON.stringify(REPLY))];
  const reply: UpstreamReply = {
    head: { status: 200, headers: [['content-type', 'application/json']], framing: 'chunked' },
    body: {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const value = bytes.shift();
          return value === undefined ? { done: true, value } : { done: false, value };
        },
        return: async () => {
          left.push('returned from');
          return { done: true, value: undefined };
        },
      }),
    },
  };
  const upstream: Upstream = { send: () => send(reply), routes: () => [], close: async () => {} };
  const { request, at } = call;
  const outside = { call: { ...call.call, role: 'primary' }, role: at, protocol: openaiChat, request, identity: false };
  return { left, spend, ask: () => liveReplies(upstream, spend, () => 0).ask(outside as CallOutside, undefined) };
}

describe('a call that was paid for', () => {
  it('is settled by what its reply says, once that was read', async () => {
    const { ask, spend } = against(async (reply) => reply);
    const { body } = await ask();
    expect(await spend.standing()).toMatchObject({ outstanding: 0.1 });
    for await (const _ of body);
    expect(await spend.standing()).toMatchObject({ settled: 0.03, outstanding: 0 });
  });

  it('keeps its whole reservation where nobody reads the reply, and lets go of the provider', async () => {
    const { ask, spend, left } = against(async (reply) => reply);
    await (await ask()).body[Symbol.asyncIterator]().return?.();
    expect(left).toEqual(['returned from']);
    expect(await spend.standing()).toMatchObject({ settled: 0, outstanding: 0.1 });
  });

  it.each([
    ['is given back where nothing of it was sent', new UpstreamFailure('refused', true), 0],
    ['keeps its reservation where something may have been', new UpstreamFailure('reset', false), 0.1],
    ['is given back where we would not send it', new UpstreamRefused('it is at 10.0.0.1', 'mend it'), 0],
  ])('%s', async (_, error, outstanding) => {
    const { ask, spend } = against(() => Promise.reject(error));
    await expect(ask()).rejects.toThrow(error.message);
    expect(await spend.standing()).toMatchObject({ settled: 0, outstanding });
  });

  it('is withheld where it has no room, and nobody is asked', async () => {
    let sent = 0;
    const call = wanted({ max_completion_tokens: 2000 });
    const { ask } = against(async (reply) => {
      sent += 1;
      return reply;
    }, call);
    await expect(ask()).rejects.toMatchObject({ name: 'Withheld', because: 'no_room' });
    expect(sent).toBe(0);
  });
});
