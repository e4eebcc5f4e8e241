import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLAIMS_REPAIR, UNFIT_REPLY, WRONG, type Wrong } from '../fixtures/strangers/wrong/list.ts';
import type { RunReport } from './core/report.ts';
import { cellsOf, DRILLS, root, runDrill } from './drill-run.fixture.ts';

const strangers = join(root, 'fixtures/strangers');
const CORRECT = readdirSync(join(strangers, 'correct'));

const findings = (report: RunReport) =>
  cellsOf(report).flatMap((c) => (c.verdict === 'failed' ? [`${c.check} [${c.severity}]: ${c.reason}`] : []));

describe('correct agents that are unlike the targets of the package', () => {
  it.each(CORRECT)('%s says what it is in its first line', (file) => {
    expect(readFileSync(join(strangers, 'correct', file), 'utf8')).toMatch(/^\/\/ Correct: .+\.\n/);
  });

  it.each(CORRECT)('%s has no finding of any severity in any shipped drill', async (file) => {
    const { report, code } = await runDrill({ names: DRILLS, target: `fixtures/strangers/correct/${file}` });
    expect(findings(report)).toEqual([]);
    expect(code).toBe(0);
  });

  it('a refusal that a caller leaves as it begins to stream is heeded, and hands nothing over', async () => {
    const target = 'fixtures/strangers/correct/review-with-draft.ts';
    const { report } = await runDrill({ target, fault: ['refusal@primary'] });
    expect(findings(report)).toEqual([]);
    const heeded = cellsOf(report).filter((c) => c.check === 'heeds-refusals' && c.verdict === 'passed');
    expect(heeded.length).toBeGreaterThan(9);
  });
});

describe('wrong agents, each a correct one with one defect', () => {
  let made = '';
  beforeAll(() => {
    made = mkdtempSync(join(strangers, 'made-'));
  });
  afterAll(() => rmSync(made, { recursive: true, force: true }));

  /** Writes it where its imports are found: beside the folder of the agent that it is made of. */
  function write({ name, of, edits }: Pick<Wrong, 'name' | 'of' | 'edits'>): string {
    const right = readFileSync(join(strangers, 'correct', of), 'utf8').replaceAll('\r\n', '\n');
    const wrong = edits.reduce((text, [from, to]) => {
      expect(text.split(from).length - 1, `this has to stand once in ${of}: ${from}`).toBe(1);
      return text.replace(from, () => to);
    }, right);
    writeFileSync(join(made, `${name}${extname(of)}`), wrong);
    return `fixtures/strangers/${basename(made)}/${name}${extname(of)}`;
  }

  it.each(WRONG)('$name: $does', async (agent) => {
    const { drill, fault = [], check, says } = agent;
    const { report, code } = await runDrill({ names: [drill], fault, target: write(agent) });
    const found = cellsOf(report).filter((c) => c.check === check && c.verdict === 'failed');
    expect(found.map((c) => c.reason).join('\n')).toContain(says);
    expect(found.every((c) => c.severity !== 'minor')).toBe(true);
    expect(code).toBe(1);
  });

  it('what is sent back as the result of a function call, to a correct agent, is a repair as any other', async () => {
    const target = write({ name: 'repairs', of: 'forced-function.ts', edits: [CLAIMS_REPAIR] });
    const { report } = await runDrill({ names: [UNFIT_REPLY], target });
    expect(findings(report)).toEqual([]);
    const mended = cellsOf(report).filter((c) => c.check === 'repairs-once' && c.verdict === 'passed');
    expect(mended.length).toBeGreaterThan(9);
  });

  it('no two have one name', () => {
    expect(new Set(WRONG.map((one) => one.name)).size).toBe(WRONG.length);
  });
});
