// A project of drills that are measured, gone with the process.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './measure.mjs';

/** The golden tasks of the workflow: as many asks a drill's baseline has. */
const TASKS = 12;
/** No phase has more asks. */
const OF_A_PHASE = 10_000;
/** How asks of a phase arrive. */
export const LOADS = {
  'in turn': { arrive: 'in_turn' },
  together: { arrive: 'together' },
  'every 50 ms': { every_ms: 50 },
};
const FIRST_CALL = [{ fault: 'server-error', role: 'primary', when: { calls: [1] } }];
/** What some of the calls meet, and others do not. */
export const SOME_CALLS = [
  { fault: 'server-error', role: 'primary', when: { probability: 0.3 } },
  { fault: 'hang', role: 'primary', when: { probability: 0.1 } },
  { fault: 'malformed-json', role: 'backup', when: { probability: 0.1 } },
];

export class Project {
  cwd = mkdtempSync(join(tmpdir(), 'drill-bench-'));

  constructor() {
    mkdirSync(join(this.cwd, 'drills'));
    for (const shared of ['fixtures', 'node_modules']) symlinkSync(join(root, shared), join(this.cwd, shared));
    writeFileSync(join(this.cwd, 'package.json'), '{ "type": "module" }');
  }

  /** A drill that asks so often, those without faults among them; returns its name. */
  drill(called, asks, { load = LOADS['in turn'], faults = FIRST_CALL } = {}) {
    const name = called.replaceAll(/\W/g, '_');
    const phases = [];
    for (let left = asks - TASKS; left > 0; left -= OF_A_PHASE)
      phases.push({ name: `p${phases.length}`, tasks: Math.min(left, OF_A_PHASE), load, faults });
    const about = { title: 'Bench', hypothesis: 'It holds.', workflow: 'support-answer' };
    const drill = { drill: name, ...about, phases, expect: { 'retries-at-most': { retries: 1 } } };
    this.write(`drills/${name}.yaml`, JSON.stringify(drill));
    return name;
  }

  write(name, text) {
    writeFileSync(join(this.cwd, name), text);
    return join(this.cwd, name);
  }

  remove() {
    rmSync(this.cwd, { recursive: true, force: true });
  }
}
