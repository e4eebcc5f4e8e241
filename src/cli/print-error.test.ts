import { expect, test } from 'vitest';
import { EXIT } from '../core/errors.ts';
import { printError } from './print-error.ts';
import { fakeTerminal } from './terminal.fixture.ts';

test('what a bug of ours quotes does not steer the terminal', () => {
  const terminal = fakeTerminal();
  expect(printError(new Error('it says \u001b[2J\u009b1A\r\nPASSED'), terminal)).toBe(EXIT.bug);
  expect(terminal.err()).toMatch(/has a bug: it says {2}\[2J 1A PASSED\n {2}fix: [^\n]+\n$/);
});
