import { expect, it } from 'vitest';
import { catalogue } from '../catalogue.ts';
import { alternativeNamed, alternativesOf, drillsOf, undivided } from './alternatives.ts';
import { loadDrill } from './drill-file.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

const fileOf = (phases: readonly string[]) => `drill: tried
title: T
hypothesis: H
workflow: support-answer
phases:
${phases.map((phase) => `  - ${phase}`).join('\n')}
expect: { fails-over: {} }
`;

function load(...phases: string[]) {
  using scratch = new Scratch();
  return loadDrill(scratch.write('tried.yaml', fileOf(phases)), catalogue);
}

const namesIn = (...phases: string[]) => alternativesOf(load(...phases).drill, catalogue).map(({ name }) => name);
const HANG = '{ fault: hang, role: primary }';

it('makes one drill of each alternative, of which the definition says what is broken', () => {
  const both = `{ name: both_down, faults: [${HANG}, { fault: hang, role: backup }] }`;
  const loaded = load(
    '{ name: well, tasks: 1 }',
    `{ name: out, tasks: 2, faults: [{ fault: slow-answer, role: backup }], each: [${HANG}, ${both}] }`,
  );
  const [first, second] = drillsOf(loaded, catalogue);
  expect([first?.drill.drill, second?.drill.drill]).toEqual(['tried/hang', 'tried/both_down']);
  const broken = second?.drill.phases.map(({ faults }) => faults.map(({ fault, role }) => `${fault}@${role}`));
  expect(broken).toEqual([[], ['slow-answer@backup', 'hang@primary', 'hang@backup']]);
  expect(second?.definition).toMatchObject({
    drill: 'tried/both_down',
    phases: second?.drill.phases.map((p) => ({ name: p.name })),
  });
  expect(JSON.stringify(second?.definition)).not.toContain('each');
  expect(first?.source.line).toBe(7);
});

it('calls it by its faults, and by their parameters and their place where that is not enough', () => {
  const uses = [
    HANG,
    '{ fault: server-error, role: primary, status: 500 }',
    '{ fault: server-error, role: primary, status: 503 }',
    '{ fault: safety-block, role: primary }',
    '{ fault: safety-block, role: primary, as: error }',
    '{ fault: refusal, role: primary }',
    '{ fault: refusal, role: backup }',
  ];
  expect(namesIn(`{ name: out, tasks: 1, each: [${uses.join(', ')}] }`)).toEqual([
    ...['hang', 'server_error_status_500', 'server_error_status_503', 'safety_block', 'safety_block_error'],
    ...['refusal_primary', 'refusal_backup'],
  ]);
});

it('tries each with a stream and without, and what breaks streams only with one', () => {
  const cut = '{ fault: connection-reset, role: primary, after_frames: 3 }';
  const lie = '{ fault: odd-success, role: primary, how: too-long }';
  const phase = `{ name: out, tasks: 1, stream: either, each: [${HANG}, ${cut}, ${lie}, { name: read, stream: true, faults: [${HANG}] }] }`;
  const hints = drillsOf(load(phase), catalogue).map(({ drill }) => [drill.drill, drill.phases[0]?.stream]);
  expect(hints).toEqual([
    ['tried/hang', false],
    ['tried/hang_streamed', true],
    ['tried/connection_reset', true],
    ['tried/odd_success', false],
    ['tried/read', true],
  ]);
});

it('knows every fault of the catalogue, each set of parameters by a name of its own', () => {
  const all = drillsOf(
    load('{ name: out, tasks: 1, each: { faults: all, role: primary, tool: lookup_order } }'),
    catalogue,
  );
  const names = all.map(({ drill }) => drill.drill);
  expect(new Set(names).size).toBe(names.length);
  const tried = new Set(all.flatMap(({ drill }) => drill.phases[0]?.faults.map(({ fault }) => fault)));
  // It is about what a verifier says, and no role of the chain is one.
  expect(catalogue.faults.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual(['verification-denied']);
  const roles = namesIn('{ name: out, tasks: 1, each: { faults: all, role: primary } }');
  expect(roles.filter((name) => name.startsWith('tool_'))).toEqual([]);
  expect(all.find(({ drill }) => drill.drill === 'tried/citation_loss')?.drill.require).toEqual(['citations']);
});

it('is one drill where --fault takes the place of all it tries, and a drill without alternatives is itself', () => {
  const loaded = load(`{ name: out, tasks: 1, stream: true, each: [${HANG}, { fault: refusal, role: primary }] }`);
  expect(undivided(loaded, catalogue).drill).toMatchObject({
    drill: 'tried',
    phases: [{ faults: [{ fault: 'hang' }, {}] }],
  });
  expect(drillsOf(load(`{ name: out, tasks: 1, faults: [${HANG}] }`), catalogue)).toHaveLength(1);
});

it('finds the one that is named, or says which was meant', () => {
  const loaded = load(`{ name: out, tasks: 1, each: [${HANG}, { fault: refusal, role: primary }] }`);
  expect(alternativeNamed('refusal', loaded, catalogue)).toBe('tried/refusal');
  expect(problemsOf(() => alternativeNamed('refusl', loaded, catalogue))[0]).toMatch(
    /has no alternative "refusl".*did you mean "refusal"/s,
  );
  expect(problemsOf(() => alternativeNamed('x', load('{ name: out, tasks: 1 }'), catalogue))[0]).toContain(
    'tried has no alternatives',
  );
});

it.each([
  [`{ name: out, tasks: 1, each: [${HANG}, ${HANG}] }`, /^6:.*two alternatives are called "hang_primary"/],
  [`{ name: out, tasks: 1, each: [{ fault: hng, role: primary }] }`, /^6:44 unknown fault "hng".*did you mean "hang"/s],
  [
    '{ name: out, tasks: 1, each: [{ fault: server-error, status: 503 }] }',
    /^6:.*a fault breaks either a role or a tool/,
  ],
  ['{ name: out, tasks: 1, each: [{ fault: server-error, role: primary, status: 404 }] }', /^6:.*status/],
  [`{ name: out, tasks: 1, each: [{ name: Down, faults: [${HANG}] }] }`, /^6:\d+.*snake_case/],
  ['{ name: out, tasks: 1, each: [{ name: down, faults: [{ fault: hang }] }] }', /^6:.*either a role or a tool/],
  ['{ name: out, tasks: 1, each: every }', /^6:\d+.*each may not be "every"/],
  ['{ name: out, tasks: 1, each: [] }', /^6:.*each may not be an empty list/],
  [
    '{ name: out, tasks: 1, stream: either, each: [{ fault: connection-reset, role: primary, after_frames: -1 }] }',
    /^6:.*after_frames/,
  ],
  ['{ name: out, tasks: 1, stream: either }', /^6:\d+.*either only beside each/],
  [
    `{ name: out, tasks: 1, each: [${HANG}] }\n  - { name: two, tasks: 1, each: [${HANG}] }`,
    /^7:.*one phase of a drill may have alternatives/,
  ],
])('refuses %s', (phase, why) => {
  expect(problemsOf(() => load(phase)).join('\n')).toMatch(why);
});
