import { expect, test } from 'vitest';
import { fakeCatalogue } from '../../config/fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from '../../config/scratch.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { explain } from './explain.ts';

function explained(name: string, cwd = process.cwd()): string {
  const terminal = fakeTerminal({ cwd });
  explain(name, fakeCatalogue, terminal);
  return terminal.out();
}

test('a fault with its parameters', () => {
  expect(explained('server-error')).toBe(`server-error (fault, meaning layer)

The provider answers with a 5xx.

Parameters:
  status  a whole number, 500 to 599 (default 500): HTTP status
  shape   one of json, html (default "json")

How hard: status; 500 does nothing.

Example:
  { fault: server-error, role: primary, status: 503 }
`);
});

test('a check says its severity and feature; required and optional parameters differ', () => {
  const text = explained('fails-over');
  expect(text).toContain('fails-over (check, critical, judges a task)');
  expect(text).toContain('within_ms  a whole number, 1 to 3600000 (required): milliseconds from the ask');
  expect(text).toContain('role       text (optional): who must answer');
  expect(text).toContain('claim the feature: fallback');
});

test('a plugin without parameters, a file format, a drill', () => {
  expect(explained('hang')).toContain('It has no parameters.');
  expect(explained('golden-task')).toContain('max_latency_ms');
  using scratch = new Scratch();
  scratch.write(
    'drills/mine.yaml',
    'drill: mine\ntitle: T\nhypothesis: H\nworkflow: w\nphases: [{ name: out, tasks: 2, faults: [{ fault: hang, role: primary }] }]\nexpect: { ends-in-time: {} }\n',
  );
  expect(explained('mine', scratch.dir)).toMatch(/out: 2 tasks, hang on primary.*ends-in-time: {}.*drill run mine/s);
});

test('an unknown name', () => {
  expect(problemsOf(() => explained('hnag'))[0]).toMatch(/nothing called "hnag" \| did you mean "hang"/);
});
