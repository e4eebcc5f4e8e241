import { expect, it } from 'vitest';
import { createRandom } from './core/random.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { dataIn } from './reporters/html/read-page.fixture.ts';

const WORDS =
  'order refund lamp parcel invoice address delivery carrier warranty receipt account return size policy'.split(' ');
const random = createRandom(1);
const text = (n: number) => Array.from({ length: n }, () => WORDS[Math.floor(random.next() * WORDS.length)]).join(' ');

/** Tasks with a question, a document and a phrase of their own. */
const tasks = Object.fromEntries(
  Array.from({ length: 48 }, (_, i) => [
    [`tasks/sources/doc_${i}.md`, `# Document ${i}\n\n${text(120)}. Number ${1000 + i} applies.\n`],
    [
      `tasks/task_${i}.json`,
      JSON.stringify({
        name: `task_${i}`,
        input: `Question ${i}: ${text(25)}?`,
        fixtures: [`doc_${i}`],
        must_include: [`number ${1000 + i}`],
      }),
    ],
  ]).flat(),
);
/** Half of the asks meet a fault and are late. */
const drillOf = (asks: number) => `drill: asks_${asks}
title: Some asks
hypothesis: Each is in time.
workflow: tasks
phases: [{ name: outage, tasks: ${asks}, load: { arrive: in_turn }, faults: [{ fault: hang, role: primary, when: { probability: 0.5 } }] }]
expect: { fails-over: { role: backup, within_ms: 2500 } }
`;

it('one ask stays below 60 kB, 48 below 120 kB, and 2,400 of 48 golden tasks below 0.5 MB', async () => {
  const counts = [1, 48, 480];
  const drills = Object.fromEntries(counts.map((asks) => [`drills/asks_${asks}.yaml`, drillOf(asks)]));
  using project = new Project({ ...tasks, ...drills });
  const pages: string[] = [];
  for (const asks of counts) {
    const request = {
      cwd: project.cwd,
      names: [`asks_${asks}`],
      tasks: 'tasks',
      target: 'reference',
      reporter: ['html'],
    };
    pages.push((await runDrill(request)).files['report.html'] ?? '');
  }
  expect(pages.map((page) => dataIn(page).get('rows')?.length)).toEqual(counts);
  const [one = 0, some = 0, many = 0] = pages.map((page) => Buffer.byteLength(page));
  expect(one).toBeLessThan(60_000);
  expect(some).toBeLessThan(120_000);
  // What each further ask takes; `npm run bench` makes all of them.
  expect(many + ((many - some) / (480 - 48)) * (2400 - 480)).toBeLessThan(500_000);
});
