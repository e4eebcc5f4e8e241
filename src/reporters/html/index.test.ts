import { describe, expect, it } from 'vitest';
import type { BodyLine } from '../../core/bodies.ts';
import type { JudgedDrill } from '../../core/report.ts';
import type { TraceEvent } from '../../core/trace.ts';
import type { Detail, Row } from '../../page/data.ts';
import { laced } from '../hostile.fixture.ts';
import { failedDrill, openDrill, passedDrill, sampleEvents, sampleRun, written } from '../sample-run.fixture.ts';
import { htmlPage } from './index.ts';
import { allIn, dataIn } from './read-page.fixture.ts';

const ask = { drill: 'two_wrongs', phase: 'outage', ask: 4, task: 'refund_policy_edge_case' };
const held = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };
const events: TraceEvent[] = [
  ...sampleEvents.slice(0, 1),
  {
    ...ask,
    seq: 1,
    at: 500,
    kind: 'ask',
    tenant: 'a1',
    priority: 'normal',
    deadline_ms: 12_000,
    budget_usd: 0.01,
    expected_answer: '',
  },
  {
    ...{
      ...ask,
      seq: 2,
      at: 600,
      kind: 'call',
      call: 'c1',
      role: 'primary',
      provider: 'openai',
      protocol: 'openai-chat',
    },
    ...{ model: 'gpt-5-mini', attempt: 1, turn: 1, stream: false, input_tokens: 3, held, headers: {} },
    digests: { messages: [], tools: [], schema: null },
  },
  {
    ...ask,
    seq: 12,
    at: 650,
    kind: 'fault-fired',
    effect: 'fails',
    call: 'c1',
    fault: 'hang',
    role: 'primary',
    detail: 'never answers',
  },
  { ...ask, seq: 14, at: 2500, kind: 'call-abort', call: 'c1', tokens: { input: 300, output: 0 }, cost_usd: 0 },
];
const of = { call: 'c1', drill: 'two_wrongs', phase: 'outage', ask: 4 };
const [system, reply] = ['0'.repeat(16), '1'.repeat(16)];
const bodies: BodyLine[] = [
  { body: system, message: { role: 'system', content: 'Answer from the sources.' } },
  { ...of, sent: { model: 'gpt-5-mini', messages: [system], tools: [], schema: null } },
  { body: reply, reply: { text: '{"answer":"Yes."}', end: 'stop' } },
  { ...of, came: reply },
];

function page(drills: readonly JudgedDrill[], told = events, said = bodies, run = sampleRun): string {
  return written(htmlPage, (open) => {
    for (const event of told) open.onEvent?.(event);
    for (const line of said) open.onBody?.(line);
    for (const drill of drills) open.onDrill?.(drill);
    return open.onEnd(run);
  });
}

describe('the page of a run', () => {
  const whole = page([failedDrill, openDrill]);
  const data = dataIn(whole);
  const [rows, details] = [data.get('rows') as Row[], data.get('d0') as Detail[]];

  it('tells without scripts what failed, why, which call it was, and what is open', () => {
    const plain = whole.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
    for (const words of [
      'the backup was never called; the primary failed (timeout) at 2.0 s',
      'call 1, to primary (gpt-5-mini): no answer after 1.9 s, by the fault hang',
      'nothing: no other role was called',
      'Call the backup.',
      'the baseline of late_delivery failed',
      'drill run timeout_primary two_wrongs --target reference --seed 7',
    ])
      expect(plain).toContain(words);
  });

  it('has each ask with its calls, where what failed happened, and what was said', () => {
    expect(rows.map(({ task, verdict }) => `${task} ${verdict}`)).toEqual([
      'refund_policy_edge_case failed',
      'late_delivery failed',
      'gift_card_balance inconclusive',
      'late_delivery inconclusive',
    ]);
    const [first] = details;
    expect(first?.calls).toMatchObject([{ role: 'primary', at: 100, end: 2000, failure: 'no answer', fault: 'hang' }]);
    expect(first?.checks[0]?.marks).toEqual([
      { at: 150, call: 0, tool: null },
      { at: 2000, call: 0, tool: null },
    ]);
    expect([first?.calls[0]?.sent, first?.calls[0]?.came]).toEqual([1, 2]);
    expect(data.get('t0')).toEqual([
      { title: 'system', text: 'Answer from the sources.' },
      { model: 'gpt-5-mini', parts: [0] },
      { title: 'reply', text: '{\n  "answer": "Yes."\n}' },
    ]);
  });

  it('may run its own script and nothing else, and reach nobody', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(whole)?.[1] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/]+='; style-src 'sha256-[\w+/]+=';/);
    expect(whole).not.toMatch(/\son\w+=|\sstyle=|javascript:|https?:\/\//);
  });

  it('says where nothing was kept of what was said, or not all', () => {
    expect(page([passedDrill], [], [])).toContain('was not kept in this run');
    expect(page([passedDrill], events, [...bodies, { full: 1 }])).toContain('More was said than is kept');
  });

  it('has the asks of a drill that did not come to its end, also where others did after it', () => {
    const broken = dataIn(page([passedDrill], events, bodies, { ...sampleRun, unfinished: ['two_wrongs'] }));
    expect((broken.get('rows') as Row[]).slice(0, 2)).toMatchObject([
      { task: 'refund_policy_edge_case', verdict: 'inconclusive', what: 'under way', faults: ['hang on primary'] },
      { verdict: 'passed' },
    ]);
    expect(broken.get('run')).toMatchObject([{ drills: [{ name: 'two_wrongs' }, { name: 'timeout_primary' }] }]);
  });

  it('a drill that runs twice has two names', () => {
    const twice = dataIn(page([passedDrill, passedDrill], [])).get('run');
    expect(twice).toMatchObject([{ drills: [{ name: 'timeout_primary' }, { name: 'timeout_primary~2' }] }]);
  });
});

describe('hostile text, everywhere', () => {
  const HOSTILE = `</script></style></textarea><!--<script>x()</script><img src=x onerror=x()>"' autofocus onfocus=x() &lt;\u2028\u202e\u0000\u001b]0;x\u0007\ud800`;
  const whole = page(
    [failedDrill, openDrill].map((drill) => laced(drill, HOSTILE)),
    laced(events, HOSTILE),
    bodies.map((line) => {
      const { body, sent, came }: { body?: string; sent?: object; came?: string } = { body: '', ...line };
      const links = Object.entries({ body, sent, came }).filter(([key]) => key in line);
      return { ...laced(line, HOSTILE), ...Object.fromEntries(links) };
    }),
    laced(sampleRun, HOSTILE),
  );

  it('is text in the page, and seen', () => {
    expect(whole.match(/<script/g)).toHaveLength(dataIn(whole).size + 1);
    expect(whole).not.toMatch(/<img|<!--|onerror=x\(\)>|<textarea/);
    for (const unseen of ['\u2028', '\u202e', '\u0000', '\u001b', '\ud800']) expect(whole).not.toContain(unseen);
    expect(whole).toContain('⟨202E⟩');
  });

  it('is whole in the data', () => {
    const [first] = dataIn(whole).get('d0') as Detail[];
    expect([first?.calls[0]?.sent, first?.calls[0]?.came]).toEqual([1, 2]);
    expect(allIn(whole)).toContain(JSON.stringify(HOSTILE).slice(1, -1));
  });
});
