import { expect, it } from 'vitest';
import { reactions, sayReaction } from './sdk-reactions.fixture.ts';

it('prints', async () => {
  const cpu = process.cpuUsage();
  const table = await reactions();
  const { user, system } = process.cpuUsage(cpu);
  for (const [surface, cells] of table) {
    console.log(`# ${surface}`);
    for (const [trial, { always, once }] of cells)
      console.log(`  ${trial}: ${sayReaction(always)} ${(always.ms / 1000).toFixed(1)} s${once ? ` | once: ${sayReaction(once)}` : ''}`);
  }
  console.log('CPU', (user + system) / 1e6);
  expect(table.size).toBe(25);
});
