import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from './json.ts';
import { createSseSplitter } from './sse.ts';

function split(bytes: Uint8Array, sizes: number[]) {
  const splitter = createSseSplitter();
  const events = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    events.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return { events, rest: splitter.rest() };
}

describe('the event splitter', () => {
  it('reads the same events from any chunking and keeps every byte', () => {
    const text =
      ': hello\r\n\r\nevent: a\r\ndata: {"x":"é🙂"}\r\n\r\n\ndata:1\ndata: 2\n\nid: 7\rdata: z\r\rdata: [DONE]\n\ndata: cut';
    const bytes = utf8(text);
    const whole = split(bytes, [bytes.length]);
    expect(whole.events.map((e) => [e.event, e.data])).toEqual([
      ['', undefined],
      ['a', '{"x":"é🙂"}'],
      ['', undefined],
      ['', '1\n2'],
      ['', 'z'],
      ['', '[DONE]'],
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const { events, rest } = split(bytes, sizes);
        expect(events.map((e) => [e.event, e.data])).toEqual(whole.events.map((e) => [e.event, e.data]));
        expect(concat([...events.map((e) => e.wire), rest])).toEqual(bytes);
      }),
    );
  });

  it('does not wait for the next event to give a finished one', () => {
    const splitter = createSseSplitter();
    expect(splitter.push(utf8('data: a\r\n\r\n'))).toHaveLength(1);
    expect(splitter.push(utf8('data: b\n\n'))).toHaveLength(1);
  });
});
