import { describe, expect, it } from 'vitest';
import { evidence, story, verdictOf, worded } from './evidence.fixture.ts';
import { stopsWhenLeft } from './stops-when-left.ts';

const judge = (told: ReturnType<typeof story>, params = {}) => worded(verdictOf(stopsWhenLeft, evidence(told), params));
/** Its user leaves at 1 s, while the primary has not replied. */
const leaver = () => story(2).ask(0, { leaves_after_ms: 1000 });
const cut = () => leaver().left(1000).call('primary', 0, { until: 1000, fails: 'left' });

describe('who stops', () => {
  it('passes: the open call is cut, and nothing comes after', () => {
    expect(judge(cut().outcome(1000, { kind: 'abandoned' }))).toBe(
      'passed: nothing begun after the user had left, 1 open call cut',
    );
  });

  it.each([
    ['answers all the same, of a call that could not be cut', leaver().call('primary', 0, { until: 1900 }).left(1000)],
    ['saves a draft', cut()],
    [
      'began something when word had not come',
      leaver().call('primary', 0, { until: 900 }).left(1000).call('primary', 1200, { until: 1900 }),
    ],
    ['ends a write that had been begun', leaver().left(1000).tool(990, { until: 1300 })],
    [
      'tries a write again of which nobody knows whether it happened',
      leaver().tool(500, { ok: false, error: 'timeout', until: 900 }).left(1000).tool(1500),
    ],
  ])('passes: %s', (_, told) => {
    expect(judge(told.outcome(2000, { kind: 'failed', state: { task_id: 't-2' } }))).toMatch(/^passed/);
  });
});

describe('who goes on', () => {
  it.each([
    ['1 call to backup begun, for $0.0010', cut().call('backup', 1500, { until: 2000 })],
    // At once: the cut itself was taken for a failure.
    ['1 call to backup begun, for $0.0010', cut().call('backup', 1001, { until: 1700 })],
    ['1 call to backup begun, for price unknown', cut().call('backup', 1500, { until: 2000, cost_usd: null })],
    ['lookup_order run', cut().tool(1500, { tool: 'lookup_order', write: false })],
    ['issue_refund run', leaver().tool(500, { args_hash: 'other' }).left(1000).tool(1500)],
    [
      'the stream of primary read to its end',
      leaver().call('primary', 0, { streams_from: 500, until: 2500 }).left(1000),
    ],
    ['the call to primary kept open', leaver().call('primary', 0, {}).left(1000)],
    ['the call to primary kept open', leaver().call('primary', 0, { until: 7000, fails: 'left' }).left(1000)],
  ])('is told: %s', (what, told) => {
    expect(judge(told.outcome(9000))).toBe(`failed: ${what}, after the user had left`);
  });

  it('also where that is after the outcome', () => {
    const told = cut().outcome(1000, { kind: 'abandoned' }).call('backup', 3000, { until: 4000 });
    expect(judge(told)).toMatch(/^failed: 1 call to backup begun/);
  });

  it('has as long as the drill says', () => {
    const told = () =>
      leaver().call('primary', 0, { until: 900 }).left(1000).call('backup', 1500, { until: 2000 }).outcome(2000);
    expect(judge(told(), { grace_ms: 500 })).toMatch(/^passed/);
    expect(judge(told(), { grace_ms: 499 })).toMatch(/^failed/);
  });
});

it('has nothing to judge where nobody left before the end', () => {
  expect(judge(leaver().call('primary', 0, { until: 900 }).outcome(900))).toBe(
    'inconclusive: nobody left before the ask had ended',
  );
});
