import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT } from './project.fixture.ts';
import { told } from './told-run.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'drill-apart-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

// A file of its own: what SDKs leave running in a process that played many targets would reach the one that is played in here.
describe('targets that are played apart, and one that is not', () => {
  const pids = join(home, 'pids');
  const before = process.env['NODE_OPTIONS'];
  const names = ['timeout_primary', 'all_models_down', 'citation_quality_drop'];
  // Of all but the last, which is skipped.
  const declares = "export const declares = { features: ['fallback', 'idempotency'] };";
  const [plain, typed] = [join(home, 'agent.mjs'), join(home, 'agent.ts')];

  beforeAll(() => {
    writeFileSync(plain, `${OWN_AGENT}${declares}`);
    const types = ['(task,', '(task: { input: string; sources: object[] },'] as const;
    writeFileSync(typed, `${OWN_AGENT.replace(...types)}${declares}`);
    const tell = join(home, 'tell.cjs');
    writeFileSync(tell, `require('node:fs').appendFileSync(${JSON.stringify(pids)}, process.pid + ' ');`);
    // Every process tells that it is there, whatever it plays: the target of the package has no code of ours to do so.
    process.env['NODE_OPTIONS'] = `${before ?? ''} --require ${tell}`;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  });

  it.each([
    ['reference', 'reference', 0],
    ['a module in JavaScript', plain, 4],
    ['a module in TypeScript', typed, 4],
  ])('%s: the same bytes, and two processes a drill that is played', async (_, target, processes) => {
    const played = async (how: { jobs: number; stuckAfterMs?: number }) => {
      writeFileSync(pids, '');
      const { code, files, text } = await runDrill({ target, names, ...how });
      const started = new Set(readFileSync(pids, 'utf8').split(' ').filter(Boolean)).size;
      return { ...told(code, files['run.json'] ?? '', text), bodies: files['bodies.jsonl'], started };
    };
    const one = await played({ jobs: 1, stuckAfterMs: 60_000 });
    expect(one.started).toBe(processes);
    expect(await played({ jobs: 4, stuckAfterMs: 60_000 })).toEqual(one);
    if (processes > 0) expect(await played({ jobs: 1 })).toEqual({ ...one, started: 0 });
  });
});
