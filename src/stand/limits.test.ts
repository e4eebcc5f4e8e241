import { describe, expect, it } from 'vitest';
import type { Roles } from '../core/declaration.ts';
import { GoldenTask } from '../core/golden-task.ts';
import type { CallBody } from '../core/model-call.ts';
import { createRandom } from '../core/random.ts';
import type { EventKind, NewEvent } from '../core/trace.ts';
import { protocols } from '../protocols/index.ts';
import { VirtualClock } from '../world/virtual-clock.ts';
import { mockKey } from './route.ts';
import { scriptFor } from './script.ts';
import { createStand } from './stand.ts';

const scope = { ask: 1, task: 'hours', tenant: 'acme' };
const answer = 'On Sunday we open at 10 am, and we close at 4 pm.';
const openai = { provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model: 'a' };
const claude = {
  provider: 'anthropic',
  protocol: 'anthropic-messages',
  base_url: 'https://api.anthropic.com',
  model: 'b',
};

/** Asks a stand once and says what came back and what was recorded. */
async function ask(name: 'primary' | 'backup', said: Partial<CallBody> = {}, window?: number, golden: object = {}) {
  const clock = new VirtualClock(0);
  const roles: Roles = { primary: openai, backup: claude };
  if (window !== undefined) Object.assign(roles[name] ?? {}, { context_tokens: window });
  const events: NewEvent[] = [];
  const tool = { name: 'look_up', parameters: { type: 'object', properties: {}, additionalProperties: false } };
  const stand = createStand({
    ...{ clock, random: createRandom(7), roles, protocols, schemaFields: [], contract: undefined, tools: [tool] },
    recording: {
      emit: (event) => void events.push(event),
      held: () => ({ sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] }),
      facts: () => ({}),
      digest: (text) => text,
      replied() {},
      rereads: () => [],
    },
  });
  stand.begin([]);
  stand.play(1, scriptFor(GoldenTask.parse({ name: 'hours', input: 'Open?', tenant: 'acme', answer, ...golden }), []));
  const role = { primary: openai, backup: claude }[name];
  const call: CallBody = {
    ...{ protocol: role.protocol, model: role.model, messages: [{ role: 'user', content: 'Open?' }], tools: [] },
    ...{ stream: false, ...said },
  };
  const protocol = protocols.find((p) => p.name === role.protocol);
  const to = protocol?.writeCall(call, { base_url: role.base_url, api_key: mockKey(role) });
  if (to === undefined) throw new Error('no protocol');
  const work = stand
    .transport(() => scope)(to, undefined)
    .then(async ({ status, body }) => {
      let text = '';
      for await (const chunk of body) text += new TextDecoder().decode(chunk);
      return { status, text };
    });
  let over = false;
  work.finally(() => {
    over = true;
  });
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.step();
  }
  const told = <K extends EventKind>(kind: K) => events.filter((e) => e.kind === kind);
  return { ...(await work), told };
}

describe("the caller's output limit", () => {
  it.each(['primary', 'backup'] as const)('cuts a longer reply of the %s, and bills no more', async (name) => {
    for (const stream of [false, true]) {
      const { text, told } = await ask(name, { maxOutputTokens: 3, stream, wishes: { include_usage: true } });
      expect(text).toMatch(name === 'primary' ? /"finish_reason": ?"length"/ : /"stop_reason": ?"max_tokens"/);
      expect(text).toContain('On Sunday we');
      expect(text).not.toContain('4 pm');
      expect(told('call-end')).toMatchObject([
        { how: 'complete', failure_mode: 'truncated', limited: true, tokens: { output: 3 } },
      ]);
    }
  });

  it('cuts the arguments of a tool call as well', async () => {
    const turns = [{ tool: 'look_up', args: { day: 'Sunday', place: 'Lisbon' } }];
    const tools = [{ name: 'look_up', parameters: { type: 'object' } }];
    const { text, told } = await ask('primary', { maxOutputTokens: 4, tools }, undefined, { turns });
    expect(JSON.parse(text)).toMatchObject({
      choices: [
        { message: { tool_calls: [{ function: { arguments: '{"day":"Sunday",' } }] }, finish_reason: 'length' },
      ],
      usage: { completion_tokens: 4 },
    });
    expect(told('call-end')).toMatchObject([{ limited: true }]);
  });

  it('leaves a reply alone that fits', async () => {
    const { told } = await ask('primary', { maxOutputTokens: 13 });
    expect(told('call-end')).toMatchObject([{ failure_mode: null, tokens: { output: 13 } }]);
    expect(told('call-end')[0]).not.toHaveProperty('limited');
  });

  it('tears no character', async () => {
    const { text } = await ask('primary', { maxOutputTokens: 1 }, undefined, { answer: 'abc😀 and more of it' });
    expect(JSON.parse(text)).toMatchObject({ choices: [{ message: { content: 'abc' } }] });
  });
});

describe("a role's context window", () => {
  const long: Partial<CallBody> = { messages: [{ role: 'user', content: 'Open? '.repeat(100) }] };
  it.each([
    ['primary', /"code": ?"context_length_exceeded"/],
    ['backup', /prompt is too long: 150 tokens > 149/],
  ] as const)("refuses a longer prompt as the %s's provider does", async (name, says) => {
    const { status, text, told } = await ask(name, long, 149);
    expect(status).toBe(400);
    expect(text).toMatch(says);
    expect(told('call-end')).toMatchObject([{ failure_mode: 'context_overflow' }]);
    expect(told('unscripted-call')).toMatchObject([{ why: expect.stringMatching(/^prompt is too long/) }]);
  });

  it('takes a prompt that fits', async () => {
    expect((await ask('backup', long, 150)).status).toBe(200);
    expect((await ask('backup', long)).status).toBe(200);
  });
});
