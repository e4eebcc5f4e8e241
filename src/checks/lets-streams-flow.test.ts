import { expect, test } from 'vitest';
import type { Effect } from '../core/effect.ts';
import type { EventOf } from '../core/trace.ts';
import { evidence, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { letsStreamsFlow as check } from './lets-streams-flow.ts';

const FLOWS = { pieces: 5, longest_gap_ms: 1000, idle_ms: 400 };

/** The primary streams from 500 ms on and is left, by default after 5 s of 60 s; nothing came of it yet. */
function left({ until = 5000, flow = FLOWS, effect = 'delays' as Effect, ask = {} as Partial<EventOf<'ask'>> } = {}) {
  const told = story().ask(0, { deadline_ms: 60_000, ...ask });
  return told.call('primary', 0, { until, streams_from: 500, fails: 'left', flow, fault: 'drips', effect });
}
const judged = (told: ReturnType<typeof left>) => worded(verdictOf(check, evidence(told)));
const rescued = (told: ReturnType<typeof left>, at = 5000) =>
  judged(told.call('backup', at, { until: at + 900 }).outcome(at + 1000));
const NOTHING = 'inconclusive: no stream came to its end, and none that flowed was left';

test('thrown away while it flowed, and bought again', () => {
  const what =
    'primary was left after 5.0 s of a stream that flowed: 5 pieces, 400 ms after the last (gaps up to 1000 ms)';
  expect(rescued(left())).toBe(`failed: ${what}; backup was asked instead`);
  const again = left().call('primary', 5100, { until: 9000, streams_from: 5600 }).outcome(9000);
  expect(judged(again)).toBe(`failed: ${what}; primary was asked instead`);
});

test('one that came to its end', () => {
  const told = story().ask().call('primary', 0, { until: 9000, streams_from: 500, fault: 'drips', effect: 'delays' });
  expect(judged(told.outcome(9000))).toBe('passed: 1 stream came to the end');
});

test('one that stopped, or hardly began, may be left', () => {
  expect(rescued(left({ flow: { ...FLOWS, idle_ms: 1001 } }))).toBe(NOTHING);
  expect(rescued(left({ flow: { pieces: 1, longest_gap_ms: 0, idle_ms: 0 } }))).toBe(NOTHING);
});

test('so may one whose deadline is near, or whose rest would not fit into it', () => {
  expect(rescued(left({ until: 30_000 }), 30_000)).toBe(NOTHING);
  expect(rescued(left({ ask: { deadline_ms: 10_000 } }))).toBe(NOTHING);
  expect(rescued(left({ ask: { expected_answer: 'long '.repeat(200) } }))).toBe(NOTHING);
});

test('so may one that a fault spoils or makes worth less', () => {
  for (const effect of ['spoils', 'cheapens'] as const) expect(rescued(left({ effect }))).toBe(NOTHING);
});

test('the loser of a race, and one after which nobody else is asked', () => {
  const whole = story().ask(0, { deadline_ms: 60_000 }).call('backup', 2000, { until: 4900 });
  whole.call('primary', 0, { until: 5000, streams_from: 500, fails: 'left', flow: FLOWS });
  // What comes after it, a check by another role of the chain, does not put the question again.
  expect(judged(whole.call('backup', 5000, { until: 5500 }).outcome(5600))).toBe(NOTHING);
  const ahead = left().call('backup', 4000, { until: 6000 }).outcome(6000);
  expect(judged(ahead)).toBe(NOTHING);
  // Who goes on with the one whose first words came first asks it for more.
  const further = left().call('backup', 4000, { until: 6000 }).call('backup', 6100, { until: 7000, turn: 2 });
  expect(judged(further.outcome(7000))).toBe(NOTHING);
  expect(judged(left().outcome(5100, { kind: 'needs_review' }))).toBe(NOTHING);
  const other = left()
    .call('primary', 5100, { until: 9000, messages: ['something else'] })
    .outcome(9000);
  expect(judged(other)).toBe(NOTHING);
  expect(judged(left().call('verifier', 5100, { until: 5500 }).outcome(5600))).toBe(NOTHING);
});

test('nothing to judge where nothing is streamed', () => {
  expect(judged(plain())).toBe(NOTHING);
});

test('one that was only told in an unusual way is not left for what was read of it', () => {
  const odd = (over = {}) => {
    const told = story()
      .ask()
      .call('primary', 0, {
        ...{ until: 700, streams_from: 650, headers: {}, fails: 'left', fault: 'odd-stream', effect: 'odd' },
        ...over,
      });
    return rescued(told, 700);
  };
  expect(odd()).toMatch(/^failed: primary was left after 0\.7 s of a stream that was whole and good/);
  expect(odd({ flow: { pieces: 1, longest_gap_ms: 0, idle_ms: 3 } })).toMatch(/^failed/);
  expect(odd({ flow: { pieces: 1, longest_gap_ms: 0, idle_ms: 3000 } })).toBe(NOTHING);
  expect(odd({ effect: 'cheapens' })).toBe(NOTHING);
});
