import { expect, test } from 'vitest';
import { csv } from './csv.ts';
import { HOSTILE, namedDrill, readCsv } from './formats.fixture.ts';
import { failedDrill, passedDrill, sampleRun, tell, written } from './sample-run.fixture.ts';

const LOOK = { color: false, columns: 100, folder: 'reports/r-1', run: 'r-1' };

/** Its rows by the names of their columns. */
function rowsOf(text: string): Record<string, string>[] {
  const [head = [], ...rows] = readCsv(text);
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ''])));
}

test('a row an ask, with what failed in it worst first', () => {
  const rows = rowsOf(written(csv, tell(failedDrill, passedDrill), LOOK));
  expect(rows.map(({ drill, phase, task, verdict }) => [drill, phase, task, verdict])).toEqual(
    [failedDrill, passedDrill].flatMap(({ name, tasks }) => tasks.map((t) => [name, t.phase, t.task, t.verdict])),
  );
  expect(rows[0]).toMatchObject({
    run: 'r-1',
    drill_verdict: 'failed',
    outcome: 'hung',
    latency_ms: '',
    failed_checks: 'fails-over',
    reason: 'the backup was never called; the primary failed (timeout) at 2.0 s',
  });
  expect(rows[3]).toMatchObject({
    failover_to: 'backup',
    latency_ms: '2900',
    cost_usd: '0.0041',
    retries: '1',
    reason: '',
  });
});

test('a drill that nobody was asked in has a row, and so has one that did not come to its end', () => {
  const skipped = { ...passedDrill, tasks: [], verdict: 'not_applicable' as const, reasons: failedDrill.reasons };
  const text = written(
    csv,
    (open) => {
      open.onDrill?.(skipped);
      return open.onEnd({ ...sampleRun, unfinished: ['late'] });
    },
    LOOK,
  );
  expect(rowsOf(text)).toMatchObject([
    { drill: 'timeout_primary', drill_verdict: 'not_applicable', task: '', reason: failedDrill.reasons[0]?.reason },
    { drill: 'late', drill_verdict: 'inconclusive', task: '', reason: 'the drill did not come to its end' },
  ]);
});

const FORMULAS = [
  '=HYPERLINK("https://evil.example","x")',
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  ' =1',
  '"=1',
  "'=1",
  '＝1',
  '\u0000=1',
  '\u202e=1',
  '\ufeff=1',
];

test.each([...HOSTILE.map(({ text }) => text), ...FORMULAS, 'a,b\r\nc;"d"'])('%j is a text in one cell', (evil) => {
  const text = written(csv, tell(namedDrill(evil)), LOOK);
  const rows = rowsOf(text);
  expect(rows).toHaveLength(3);
  expect(text).not.toMatch(/(?<!\r)\n|\r(?!\n)/);
  for (const cell of rows.flatMap((row) => Object.values(row))) {
    if (!cell.startsWith("'")) expect(cell).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/u);
    expect(cell).not.toMatch(/[\p{Cc}\u202e]/u);
  }
});

test('the reader refuses what is no CSV', () => {
  for (const text of ['a,b\n', 'a"b\r\n', '"a\r\n', '"a"b\r\n', 'a,b\r\nc\r\n']) expect(() => readCsv(text)).toThrow();
  expect(readCsv('a,"b ""c"", d"\r\n1,\r\n')).toEqual([
    ['a', 'b "c", d'],
    ['1', ''],
  ]);
});
