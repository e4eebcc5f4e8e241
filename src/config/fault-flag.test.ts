import { expect, test } from 'vitest';
import { TriggerSpec } from '../core/trigger.ts';
import { faults } from '../faults/index.ts';
import { fakeCatalogue, fakeToolFault } from './fake-catalogue.fixture.ts';
import { faultFromFlag } from './fault-flag.ts';
import { jsonSchemaOf } from './schema-words.ts';
import { problemsOf } from './scratch.fixture.ts';

test('a fault, with and without parameters', () => {
  expect(faultFromFlag('hang@primary', fakeCatalogue, ['primary', 'backup'])).toEqual({
    fault: 'hang',
    role: 'primary',
  });
  expect(faultFromFlag('server-error@backup,status=503,shape=html', fakeCatalogue, ['primary', 'backup'])).toEqual({
    fault: 'server-error',
    role: 'backup',
    status: 503,
    shape: 'html',
  });
});

test.each([
  ['hnag', /a fault is written fault@role.* \| e\.g\. `--fault hang@primary`$/],
  ['server-error', /a fault is written fault@role.* \| e\.g\. `--fault server-error@primary,status=503`$/],
  ['hnag@primary', /unknown fault "hnag" \| did you mean "hang"/],
  ['server-error@primary,503', /"503" is not param=value \| e\.g\. `--fault server-error@primary,status=503`$/],
  ['server-error@primary,status=200', /status may not be 200 \| write a whole number, 500 to 599/],
  ['server-error@primary,statsu=503', /unknown key "statsu" \| did you mean "status"/],
])('%s', (text, problem) => {
  expect(problemsOf(() => faultFromFlag(text, fakeCatalogue, ['primary', 'backup']))[0]).toMatch(problem);
});

test('a fault of tools takes a tool in the place of the role', () => {
  const catalogue = { ...fakeCatalogue, faults: [...fakeCatalogue.faults, fakeToolFault] };
  const read = (text: string, tools?: string[]) => faultFromFlag(text, catalogue, ['primary', 'backup'], tools);
  expect(read('tool-error@issue_refund', ['issue_refund'])).toEqual({ fault: 'tool-error', tool: 'issue_refund' });
  expect(read('tool-error@issue_refund')).toEqual({ fault: 'tool-error', tool: 'issue_refund' });
  const problem = (text: string, tools: string[]) => problemsOf(() => read(text, tools))[0];
  expect(problem('tool-error@isue_refund', ['issue_refund'])).toMatch(
    /no tool "isue_refund" in this run \| did you mean "issue_refund"\? \(tools: issue_refund\)/,
  );
  expect(problem('tool-error@primary', [])).toMatch(/no tool "primary" in this run \| there are no tools/);
  expect(problem('tool-error', [])).toMatch(/\| e\.g\. `--fault tool-error@pay`$/);
  expect(problem('hang@issue_refund', ['issue_refund'])).toMatch(/no role "issue_refund" in this run/);
});

test('when it fires is written beside its parameters', () => {
  const read = (text: string) => faultFromFlag(text, fakeCatalogue, ['primary', 'backup']);
  expect(read('server-error@primary,probability=0.05,status=503,calls=1+3')).toEqual({
    ...{ fault: 'server-error', role: 'primary', status: 503 },
    when: { per: 'task', probability: 0.05, calls: [1, 3] },
  });
  expect(problemsOf(() => read('hang@primary,probability=5'))[0]).toMatch(/when\.probability may not be 5/);
  expect(problemsOf(() => read('hang@primary,calls=two'))[0]).toMatch(/when\.calls\[0\] may not be "two"/);
});

test('no fault has a parameter that says when', () => {
  const named = (params: object) => Object.keys(TriggerSpec.shape).filter((key) => key in params);
  for (const { name, params } of faults)
    expect([name, named(Object(jsonSchemaOf(params).properties))]).toEqual([name, []]);
});
