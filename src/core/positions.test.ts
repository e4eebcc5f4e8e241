import { expect, test } from 'vitest';
import { Contract } from './contract.ts';
import { Drill } from './drill.ts';
import { chainFrom, placeContract, placeDrill, positionsIn, reordered, roleFinder } from './positions.ts';

const drill = Drill.parse({
  drill: 'd',
  title: 't',
  hypothesis: 'h',
  workflow: 'w',
  phases: [
    {
      name: 'out',
      tasks: 1,
      faults: [
        { fault: 'hang', role: 'primary' },
        { fault: 'hang', role: 'backup-2' },
      ],
    },
  ],
  expect: { 'fails-over': { role: 'backup' } },
});

test('names are places in the chain, whatever the roles are called', () => {
  const find = roleFinder(['main', 'reserve'], ['main', 'reserve', 'verifier'], false);
  expect(['primary', 'backup', 'backup-2', 'verifier', 'judge'].map(find)).toEqual([
    ...['main', 'reserve', undefined, 'verifier', undefined],
  ]);
  expect(positionsIn(['main', 'reserve', 'third'])).toEqual(['primary', 'backup', 'backup-2']);
});

test('a drill of the user’s own means the roles it names', () => {
  const chain = ['backup', 'primary'];
  expect(roleFinder(chain, chain, true)('primary')).toBe('primary');
  expect(roleFinder(chain, chain, false)('primary')).toBe('backup');
});

test('what the chain lacks is left out and told', () => {
  const { drill: placed, lacking } = placeDrill(drill, roleFinder(['main'], ['main'], false));
  expect(placed.phases[0]?.faults).toEqual([{ fault: 'hang', role: 'main' }]);
  expect(placed.expect).toEqual({});
  expect(lacking.map((one) => one.what)).toEqual(['hang on backup-2', 'fails-over']);
});

test('a contract’s rules follow', () => {
  const contract = Contract.parse({
    workflow: 'w',
    steps: [{ name: 'verify', role: 'verifier' }],
    permissions: { modes: { backup: 'plan-only' } },
  });
  const placed = placeContract(contract, roleFinder(['main', 'reserve'], ['main', 'reserve'], false));
  expect([placed.steps, placed.permissions?.modes]).toEqual([[], { reserve: 'plan-only' }]);
});

test('an order that is not declared is read off the first call', () => {
  const chain = chainFrom(['primary', 'backup'], 'backup');
  expect(chain).toEqual(['backup', 'primary']);
  expect(chainFrom(['primary', 'backup'], 'verifier')).toEqual(['primary', 'backup']);
  expect(chainFrom(['primary', 'backup'], undefined)).toEqual(['primary', 'backup']);
  expect(chainFrom(['primary', 'backup'], 'gemini')).toEqual(['gemini', 'primary']);
  expect(chainFrom(['primary'], 'gemini')).toEqual(['gemini', 'primary']);
  expect(['primary', 'backup', 'verifier'].map(reordered(['primary', 'backup'], chain))).toEqual([
    ...['backup', 'primary', 'verifier'],
  ]);
});
