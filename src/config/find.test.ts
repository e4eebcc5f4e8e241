import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findDrill, findWorkflow, listDrills, packageRoot } from './find.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

test('the package’s root holds its package.json', () => {
  expect(existsSync(join(packageRoot(), 'src', 'config', 'find.ts'))).toBe(true);
});

test('a project’s drill comes first; a path is a path; an unknown name gets a suggestion', () => {
  using scratch = new Scratch();
  const path = scratch.write('drills/night_outage.yaml', '');
  expect(listDrills(scratch.dir)[0]).toEqual({ name: 'night_outage', path });
  expect(findDrill('night_outage', scratch.dir)).toEqual({ path });
  expect(findDrill('night_outage/hang', scratch.dir)).toEqual({ path, alternative: 'hang' });
  expect(findDrill('./x/y.yaml', scratch.dir)).toEqual({
    path: join(scratch.dir, 'x', 'y.yaml'),
    written: './x/y.yaml',
  });
  expect(problemsOf(() => findDrill('night_outag', scratch.dir))[0]).toMatch(
    /there is no drill "night_outag" \| did you mean "night_outage"\?/,
  );
});

test('a workflow by name', () => {
  using scratch = new Scratch();
  const path = scratch.write('fixtures/golden/triage/a.yaml', '');
  expect(join(findWorkflow('triage', scratch.dir), 'a.yaml')).toBe(path);
  expect(problemsOf(() => findWorkflow('triag', scratch.dir))[0]).toMatch(/did you mean "triage"\?.*`--tasks`/);
});
