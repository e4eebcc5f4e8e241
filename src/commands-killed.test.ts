import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, freshOut, home, readable, run, start, until } from './bad-endings.fixture.ts';
import { carrying } from './targets/command.fixture.ts';

// The command, killed while programs of a target run: what they are and have started ends with it.

/** Drill with a target that stays until it is ended, ignores being asked to, and has left children in and out of its group. */
function running(lives: 'task' | 'run') {
  const mark = randomUUID();
  const there = join(home, `there-${mark}`);
  const line = `export STAYING=${mark}; trap '' TERM; sleep 300 & setsid sleep 300 & (setsid sleep 300 &); : > ${there}; sleep 300; sleep 300`;
  const config = join(home, 'drill.config.yaml');
  writeFileSync(config, `targets: { ${lives}: { command: ${JSON.stringify(line)}, shell: true, lives: ${lives} } }\n`);
  const out = freshOut();
  const child = start(run('--tasks', 'tasks', '--target', lives, '--out', out));
  const left = () => carrying(`STAYING=${mark}`);
  return {
    child,
    over: ended(child),
    out,
    left,
    begun: () => until(() => existsSync(there) && left().length >= 4, child),
  };
}

describe.runIf(process.platform === 'linux').each(['task', 'run'] as const)(
  'a command that lives for a %s',
  (lives) => {
    it('kill -9 of drill ends it, and all that it has started', async () => {
      const { child, over, left, begun } = running(lives);
      await begun();
      child.kill('SIGKILL');
      expect(await over).toMatchObject({ signal: 'SIGKILL' });
      await until(() => left().length === 0);
    });

    it('Ctrl-C keeps what there is, and leaves nothing running', async () => {
      const { child, over, out, left, begun } = running(lives);
      await begun();
      child.kill('SIGINT');
      const { code, stderr } = await over;
      expect(code, stderr).toBe(130);
      expect(readable(out, true)?.report).toMatchObject({ status: 'interrupted', unfinished: ['timeout_primary'] });
      await until(() => left().length === 0);
    });
  },
);
