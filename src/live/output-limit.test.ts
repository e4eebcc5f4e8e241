import { expect, it } from 'vitest';
import type { CallBody } from '../core/model-call.ts';
import { protocols } from '../protocols/index.ts';
import { withOutputLimit } from './output-limit.ts';

const endpoint = { base_url: 'https://provider.example', api_key: 'k' };
const every = protocols.flatMap((one) => [
  [one.name, one] as const,
  ...Object.entries(one.dialects ?? {}).map(([name, dialect]) => [`${one.name} of ${name}`, dialect] as const),
]);

// Messages has no request without a limit: its servers refuse it.
it.each(every.filter(([, { name }]) => name !== 'anthropic-messages'))('%s is told a limit it reads', (_, protocol) => {
  const call: CallBody = {
    ...{ protocol: protocol.name, model: 'm', tools: [], stream: false, temperature: 0.5 },
    messages: [{ role: 'user', content: 'Hello' }],
  };
  const request = protocol.writeCall(call, endpoint);
  const headers = [...request.headers, ['Content-Length', String(request.body.length)] as const];
  const sent = withOutputLimit({ ...request, headers }, protocol, 321);
  expect(sent && protocol.readCall(sent)).toMatchObject({
    maxOutputTokens: 321,
    messages: call.messages,
    temperature: 0.5,
  });
  expect(sent?.headers).toContainEqual(['Content-Length', String(sent?.body.length)]);
});

it('a protocol that reads none of them is told none', () => {
  const deaf = { readCall: () => ({ refused: true, mode: 'unknown', message: '', status: 400 }) as const };
  const request = {
    method: 'POST',
    url: 'https://provider.example',
    headers: [],
    body: new TextEncoder().encode('{}'),
  };
  expect(withOutputLimit(request, deaf, 321)).toBeUndefined();
});
