import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from './failures.ts';
import { failureOf, rig, textOf } from './upstream.fixture.ts';

describe('a call ends', () => {
  const hanging = { body: ['data: 1\n\n', 'data: 2\n\n'], ends: 'hang' } as const;

  it('a caller who leaves ends the connection at the provider', async () => {
    await using to = await rig({ answer: () => hanging });
    const leaving = new AbortController();
    const reason = new Error('the target left');
    const { body } = await to.send({ signal: leaving.signal });
    const seen = failureOf(
      (async () => {
        for await (const _ of body) leaving.abort(reason);
      })(),
    );
    expect(await seen).toBe(reason);
    expect(await to.provider.calls[0]?.gone).toBe(true);
  });

  it('so does one who leaves before the reply, before the connection, and one who stops reading, or never begins', async () => {
    await using silent = await rig({ answer: () => ({ until: new Promise(() => {}), ends: 'hang' }) });
    const leaving = new AbortController();
    const waiting = failureOf(silent.send({ signal: leaving.signal }));
    const reason = new Error('left');
    const lookup = () => new Promise<never>(() => leaving.abort(reason));
    await using nowhere = await rig({ host: 'provider.test', lookup });
    expect(await failureOf(nowhere.send({ signal: leaving.signal }))).toBe(reason);
    expect(await waiting).toBe(reason);

    await using to = await rig({ answer: () => hanging });
    for await (const _ of (await to.send()).body) break;
    await (await to.send()).body[Symbol.asyncIterator]().return?.();
    for (const { gone } of to.provider.calls) expect(await gone).toBe(true);
  });

  it.each(['reset', 'closed'] as const)('a provider that dies mid-stream: %s', async (ends) => {
    for (const framing of ['chunked', 'length'] as const) {
      let heard = () => {};
      const until = new Promise<void>((resolve) => {
        heard = resolve;
      });
      const headers = framing === 'length' ? [['content-length', '1000'] as const] : [];
      await using to = await rig({ answer: () => ({ headers, body: ['data: 1\n\n'], ends, until }) });
      const { body } = await to.send();
      let text = '';
      const error = await failureOf(
        (async () => {
          for await (const chunk of body) {
            text += Buffer.from(chunk).toString();
            heard();
          }
        })(),
      );
      expect(text).toBe('data: 1\n\n');
      expect(error).toBeInstanceOf(UpstreamFailure);
      expect(error).toMatchObject({ how: ends, notSent: false });
    }
  });

  it('a provider that dies before its reply has had the request', async () => {
    for (const ends of ['closed', 'reset'] as const) {
      await using to = await rig({ answer: () => ({ silent: true, ends }) });
      expect(await failureOf(to.send())).toMatchObject({ how: ends, notSent: false });
    }
  });

  it('closing it ends what is under way', async () => {
    const to = await rig({ answer: () => hanging });
    const { body } = await to.send();
    const reading = failureOf(textOf(body));
    await to[Symbol.asyncDispose]();
    expect(await reading).toBeInstanceOf(UpstreamFailure);
    expect(await to.provider.calls[0]?.gone).toBe(true);
    expect(await failureOf(to.send())).toBeInstanceOf(UpstreamFailure);
  });
});
