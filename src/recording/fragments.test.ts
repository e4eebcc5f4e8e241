import { expect, test } from 'vitest';
import { isLinear } from '../computing.fixture.ts';
import { anyOf } from './fragments.ts';

/** Letters that hardly repeat, of one half of the alphabet or the other. */
function lettersFrom(first: string, length: number): string {
  let state = 7;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(first.charCodeAt(0) + (state % 13));
  };
  return Array.from({ length }, next).join('');
}

test('a long text is sought in a long one in time with their lengths', async () => {
  const [known, said] = [lettersFrom('a', 40_000), lettersFrom('n', 40_000)];
  expect(anyOf([known])(`${said}${known.slice(100, 120)}`)).toBe(true);
  expect(await isLinear((n) => anyOf([known.slice(0, n)])(said.slice(0, n)), 40_000)).toBe(true);
});

test.each(['a few letters', 'f00dfeedc0de'])(
  'what is short is found in what is long, and not by chance: %s',
  (known) => {
    const search = anyOf([known]);
    expect(search(`${'0123456789abcdef'.repeat(8)}${known.replaceAll(' ', '')}`)).toBe(true);
    expect(search('0123456789abcdef'.repeat(8))).toBe(false);
  },
);
