import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import { evidence, held, story, verdictOf, worded } from './evidence.fixture.ts';
import { staysInRegion as check } from './stays-in-region.ts';

const told = () => story().ask().call('primary', 0, { until: 9, fails: 'left' }).call('backup', 9, { until: 20 });
const facts = evidence(told().outcome(30));
const roles = (backup: object) => ({
  ...facts.roles,
  primary: { provider: 'p', protocol: 'x', model: 'm', region: 'eu' },
  backup: { provider: 'b', protocol: 'x', model: 'n', ...backup },
});
const contract = Contract.parse({ workflow: 'w', residency: { [facts.task.tenant]: ['eu', 'ch'] } });
const judge = (backup: object) => verdictOf(check, { ...facts, contract, roles: roles(backup) });

test('calls that stay where the contract allows them', () => {
  const passed = judge({ region: 'ch' });
  expect(worded(passed)).toBe('passed: sent to primary (eu), backup (ch) only');
  expect(passed).toHaveProperty('evidence.length', 2);
});

test('a call to another region, or to a role that promises none', () => {
  expect(worded(judge({ region: 'us' }))).toBe('failed: sent to backup (us), allowed: eu, ch');
  expect(worded(judge({}))).toBe('failed: sent to backup (no region promised), allowed: eu, ch');
});

test('embeddings or moderation elsewhere, with the question or the records of the tenant; not with what is no one’s', () => {
  const theirs = evidence(story().ask().outcome(30));
  const judgePlain = (role: string, over: object) =>
    worded(
      verdictOf(check, {
        ...evidence(story().ask().call('primary', 0, { until: 9 }).plain(role, over).outcome(30)),
        contract,
        roles: roles({ region: 'us' }),
      }),
    );
  const records = { held: held({ canaries: [theirs.task.tenant] }) };
  expect(judgePlain('backup', { questions: 1 })).toBe('failed: sent to backup (us), allowed: eu, ch');
  expect(judgePlain('backup', records)).toBe('failed: sent to backup (us), allowed: eu, ch');
  expect(judgePlain('backup', { held: held({ sources: ['policy'], canaries: ['other'] }) })).toMatch(/^passed/);
  expect(judgePlain('primary', { questions: 1, ...records })).toBe('passed: sent to primary (eu) only');
  const alone = evidence(story().ask().plain('backup', { questions: 1 }).outcome(30));
  expect(verdictOf(check, { ...alone, contract, roles: roles({ region: 'us' }) }).verdict).toBe('failed');
});

test('nothing to judge without calls, and not brought along where the contract is silent', () => {
  const idle = evidence(story().ask().outcome(9));
  expect(verdictOf(check, { ...idle, contract, roles: roles({}) }).verdict).toBe('inconclusive');
  expect(verdictOf(check, facts).verdict).toBe('not_applicable');
  expect(check.implies?.(facts.task, contract)).toEqual({});
  expect(check.implies?.(facts.task, Contract.parse({ workflow: 'w', residency: { other: ['eu'] } }))).toBeUndefined();
});
