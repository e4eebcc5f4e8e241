// A project of drills that are measured, gone with the process.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './measure.mjs';

/** The golden tasks of the workflow: as many asks a drill's baseline has. */
const TASKS = 12;
/** How asks of a phase arrive. */
export const LOADS = { 'in turn': 'arrive: in_turn', together: 'arrive: together', 'every 50 ms': 'every_ms: 50' };
const FIRST_CALL = '{ fault: server-error, role: primary, when: { calls: [1] } }';
/** What some of the calls meet, and others do not. */
export const SOME_CALLS = [
  '{ fault: server-error, role: primary, when: { probability: 0.3 } }',
  '{ fault: hang, role: primary, when: { probability: 0.1 } }',
  '{ fault: malformed-json, role: backup, when: { probability: 0.1 } }',
].join(', ');

export class Project {
  cwd = mkdtempSync(join(tmpdir(), 'drill-bench-'));

  constructor() {
    mkdirSync(join(this.cwd, 'drills'));
    for (const shared of ['fixtures', 'node_modules']) symlinkSync(join(root, shared), join(this.cwd, shared));
    writeFileSync(join(this.cwd, 'package.json'), '{ "type": "module" }');
  }

  /** A drill that asks so often, those without faults among them; returns its name. */
  drill(about, asks, { load = LOADS['in turn'], faults = FIRST_CALL } = {}) {
    const name = about.replaceAll(/\W/g, '_');
    this.write(
      `drills/${name}.yaml`,
      `drill: ${name}\ntitle: Bench\nhypothesis: It holds.\nworkflow: support-answer\nphases:\n` +
        `  - { name: outage, tasks: ${asks - TASKS}, load: { ${load} }, faults: [${faults}] }\n` +
        'expect:\n  retries-at-most: { retries: 1 }\n',
    );
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
