import { expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { serverError } from './server-error.ts';
import { answer, onWire, partsOf } from './trial.fixture.ts';

it('answers with the status it was given, 500 by default', async () => {
  for (const [params, status] of [
    [{}, 500],
    [{ status: 504 }, 504],
  ] as const) {
    const { fired, reply } = await answer(serverError, params);
    expect(await partsOf(await reply)).toMatchObject([{ type: 'error', mode: 'server_error', status }]);
    expect(fired).toEqual([`HTTP ${status}`]);
  }
});

it('knows server errors only', () => {
  for (const status of [404, 501, 529, '500']) expect(() => serverError.arm({ status })).toThrow();
});

it('a gateway’s page may say when to come back', async () => {
  for (const protocol of protocols) {
    const params = { status: 522, retry_after_ms: 3000, retry_after_as: 'seconds' };
    const { head } = await onWire(serverError, params, { protocol, stream: false }).reply;
    expect(Object.fromEntries(head?.headers ?? [])).toMatchObject({ 'retry-after': '3', server: 'cloudflare' });
  }
});
