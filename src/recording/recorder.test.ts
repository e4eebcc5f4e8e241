import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { createRedaction } from '../redaction/redact.ts';
import { digest } from './digest.ts';
import { createRecorder, createSequence } from './recorder.ts';

function recording(first = 0) {
  const events: TraceEvent[] = [];
  let now = 0;
  const at = (ms: number) => {
    now = ms;
  };
  const recorder = createRecorder({
    drill: 'outage',
    sequence: createSequence(first),
    now: () => now,
    markers: {
      sources: [],
      canaries: { alder: 'jane@alder.example' },
      schemaFields: [],
      results: [],
      models: {},
      keys: {},
    },
    tasks: [],
    sources: [],
    redaction: createRedaction({ literals: ['a phrase of ours'] }),
    sink: (event) => void events.push(event),
  });
  return { recorder, events, at };
}

test('an event is numbered and stamped in the order of its beginning, and handed on at once', () => {
  const { recorder, events, at } = recording(5);
  recorder.enter('baseline');
  recorder.emit({ kind: 'phase', state: 'began', faults: [] });
  expect(events).toHaveLength(1);
  at(120);
  recorder.enter('broken');
  recorder.emit({ kind: 'trigger-missed', fault: 'hang', role: 'primary', why: 'no call' });
  expect(events.map((e) => JSON.stringify(e))).toEqual([
    '{"seq":5,"at":0,"drill":"outage","phase":"baseline","kind":"phase","state":"began","faults":[]}',
    '{"seq":6,"at":120,"drill":"outage","phase":"broken","kind":"trigger-missed","fault":"hang","role":"primary","why":"no call"}',
  ]);
});

test('every text of an event is redacted; markers are looked for in what really was there', () => {
  const { recorder, events } = recording();
  const text = 'from jane@alder.example, with a phrase of ours';
  recorder.emit({
    kind: 'outcome',
    ask: 1,
    task: 'lamp',
    outcome: { kind: 'answered', answer: text, state: { deep: [{ password: 'hunter2' }, text] } },
    held: recorder.held(text),
  });
  const line = JSON.stringify(events);
  expect(line).not.toMatch(/jane|phrase|hunter2/);
  expect(events[0]).toMatchObject({
    outcome: { answer: expect.stringMatching(/^from \[redacted \w\w\], with \[redacted \w\w\]$/) },
    held: { canaries: ['alder'] },
  });
});

test('a digest is the same for the same text, and tells nothing of it', () => {
  expect(digest('a')).toBe(digest('a'));
  expect(digest('a')).toMatch(/^[0-9a-f]{16}$/);
  expect(digest('a')).not.toBe(digest('b'));
});
