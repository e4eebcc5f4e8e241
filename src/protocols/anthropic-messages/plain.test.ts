import { expect, it } from 'vitest';
import { GoldenTask } from '../../core/golden-task.ts';
import { mockKey } from '../../stand/route.ts';
import { meet as meetAt } from '../../stand/sdk.fixture.ts';

// After the fixture, which installs the routes: clients keep the fetch they find.
const { default: Anthropic } = await import('@anthropic-ai/sdk');

const model = 'claude-haiku-4-5';
const role = { provider: 'anthropic', protocol: 'anthropic-messages', base_url: 'https://api.anthropic.com', model };
const golden = GoldenTask.parse({ name: 'hours', input: 'When are you open?', tenant: 'acme', answer: 'At ten.' });

function meet<T>(task: (client: InstanceType<typeof Anthropic>) => Promise<T>) {
  return meetAt(() => task(new Anthropic({ apiKey: mockKey(role), maxRetries: 0 })), [], { primary: role }, golden);
}

it('@anthropic-ai/sdk counts what a call is then billed for, and the count is no call', async () => {
  const asked = {
    model,
    system: 'Answer from the documents.',
    messages: [{ role: 'user' as const, content: 'When are you open on Sunday?' }],
    tools: [{ name: 'lookup_hours', description: 'Opening hours.', input_schema: { type: 'object' as const } }],
  };
  const { value, error, told } = await meet(async (client) => {
    const { input_tokens } = await client.messages.countTokens(asked);
    const { usage } = await client.messages.create({ ...asked, max_tokens: 100 });
    return { counted: input_tokens, billed: usage.input_tokens };
  });
  expect(error).toBeUndefined();
  expect(value?.counted).toBeGreaterThan(5);
  expect(value?.counted).toBe(value?.billed);
  expect(told('call')).toHaveLength(1);
});

it('it lists the models, and tells of one; of what is none of them it tells nothing', async () => {
  const { value, error, told } = await meet(async (client) => {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    const other = await client.models.retrieve('claude-none').catch(({ status }) => status);
    return { ids, one: (await client.models.retrieve(model)).id, other };
  });
  expect(error).toBeUndefined();
  expect(value).toEqual({ ids: [model], one: model, other: 404 });
  expect(told('call')).toMatchObject([{ role: 'primary' }]);
});
