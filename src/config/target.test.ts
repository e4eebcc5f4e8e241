import { expect, test } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { fakeCatalogue } from './fake-catalogue.fixture.ts';
import { DEFAULT_ROLES, settleTarget } from './target.ts';

const misspelt = { ...DEFAULT_ROLES['primary'], protocol: 'opnai-chat' };

test.each([
  [
    { declares: { features: ['fallbak'] }, roles: {} },
    'the target\'s export `declares`: features[0] may not be "fallbak"',
    /^did you mean "fallback"\?.*`drill explain declares` shows its shape/,
  ],
  [
    { declares: { features: [], retrys: 1 }, roles: {} },
    'the target\'s export `declares`: unknown key "retrys"',
    /^did you mean "retries"\?/,
  ],
  [{ roles: { primary: {} } }, /export `roles`: missing key primary\.provider/, /^add "provider"/],
  [
    { roles: { primary: misspelt } },
    'role primary speaks "opnai-chat", which is no protocol',
    /^there are no protocols$/,
  ],
])('what a module exports is held against its shape: %j', (said, message, fix) => {
  const settle = () => settleTarget({ name: 'mine', about: 'agent.ts' }, said, undefined, fakeCatalogue);
  expect(settle).toThrow(
    expect.objectContaining({
      problems: expect.arrayContaining([
        {
          message: typeof message === 'string' ? message : expect.stringMatching(message),
          place: { file: 'agent.ts' },
          fix: expect.stringMatching(fix),
        },
      ]),
    }),
  );
});

test("a dialect that is not one of its protocol's, in a module", () => {
  const primary = { ...DEFAULT_ROLES['primary'], dialect: 'olama' };
  const settle = () =>
    settleTarget({ name: 'mine', about: 'agent.ts' }, { roles: { primary } }, undefined, {
      ...fakeCatalogue,
      protocols,
    });
  expect(settle).toThrow('role primary: "olama" is not among the dialects of openai-chat');
});

test('a chain of roles that are there', () => {
  const said = { declares: { features: [], chain: ['primary', 'bakup'] }, roles: {} };
  expect(() => settleTarget({ name: 'mine', about: 'agent.ts' }, said, undefined, fakeCatalogue)).toThrow(
    'the target\'s chain names a role "primary" that does not exist',
  );
});
