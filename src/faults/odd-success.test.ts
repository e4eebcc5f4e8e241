import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { oddSuccess } from './odd-success.ts';
import { onWire, REPLIES, toldBy } from './trial.fixture.ts';

describe.each(protocols)('in $name', (protocol) => {
  describe.each([true, false])('stream: %s', (stream) => {
    async function odd(how: string) {
      const { fired, reply } = onWire(oddSuccess, { how }, { protocol, stream });
      const { head, pieces, heard, meant, broke } = await reply;
      const headers = Object.fromEntries(head?.headers ?? []);
      return {
        fired,
        status: head?.status,
        headers,
        body: pieces.join(''),
        heard: toldBy(heard),
        meant: toldBy(meant),
        broke,
      };
    }

    it('is a page', async () => {
      const { status, headers, body, meant } = await odd('html');
      expect([status, headers['content-type'], meant.error]).toEqual([
        200,
        'text/html; charset=UTF-8',
        'malformed_response',
      ]);
      expect(body).toMatch(/^<!DOCTYPE html>/);
    });

    it('is an error in the words of the protocol', async () => {
      const { status, body, heard, meant } = await odd('error-object');
      expect(JSON.parse(body)).toHaveProperty('error');
      expect([status, heard.error, meant.error]).toEqual([200, 'server_error', 'server_error']);
    });

    it.each([
      ['empty', 200],
      ['no-content', 204],
    ])('has no body: %s', async (how, code) => {
      const { status, body, heard, meant } = await odd(how);
      expect([status, body, heard.error, meant.error]).toEqual([code, '', 'malformed_response', 'malformed_response']);
    });

    it('is inside another object', async () => {
      const { body, heard, meant } = await odd('envelope');
      expect(body).toContain('{"code":0,"message":"ok","data":{');
      expect([heard.text, meant.error]).toEqual(['', 'malformed_response']);
    });

    it('counts no tokens', async () => {
      const { heard, fired, body } = await odd('no-usage');
      const acts = !stream || protocol.name === 'openai-chat';
      expect(fired).toEqual(acts ? ['no usage'] : []);
      expect(heard.text).toBe(toldBy(REPLIES.prose).text);
      if (acts) expect(body).not.toContain('"usage":{');
    });
  });

  it('is an empty body that says so, where its length is told', async () => {
    const { reply } = onWire(oddSuccess, { how: 'empty' }, { protocol, stream: false });
    expect((await reply).head?.headers.at(-1)).toEqual(['content-length', '0']);
  });

  it('is shorter than a body, and read as far as it was told', async () => {
    const { reply } = onWire(oddSuccess, { how: 'too-short' }, { protocol, stream: false });
    const { head, pieces, meant } = await reply;
    expect([head?.headers.at(-1), pieces.join('').length]).toEqual([['content-length', '64'], 64]);
    expect(toldBy(meant)).toMatchObject({ error: 'malformed_response', tokens: [12, 34] });
  });

  it('promises more than there is, and closes', async () => {
    const { reply } = onWire(oddSuccess, { how: 'too-long' }, { protocol, stream: false });
    const { head, pieces, broke } = await reply;
    expect([head?.headers.at(-1), broke]).toEqual([['content-length', '1000000'], 'closed']);
    expect(() => JSON.parse(pieces.join(''))).not.toThrow();
  });

  it.each(['too-short', 'too-long'])('a stream tells no length: %s', async (how) => {
    const { fired, reply } = onWire(oddSuccess, { how }, { protocol, stream: true });
    expect(await reply).toEqual(await onWire(undefined, {}, { protocol, stream: true }).reply);
    expect(fired).toEqual([]);
  });
});
