import { expect, test } from 'vitest';
import { defaultBranch, gitHead } from './project.ts';
import { Scratch } from './scratch.fixture.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

test.each([
  [{ HEAD: `${COMMIT}\n` }, COMMIT],
  [{ HEAD: 'ref: refs/heads/main\n', 'refs/heads/main': `${COMMIT}\n` }, COMMIT],
  [{ HEAD: 'ref: refs/heads/none\n' }, null],
  [{ HEAD: 'ref: refs/../../../../../../../../../../dev/zero\n' }, null],
  [{ HEAD: 'somebody else’s secret\n' }, null],
  [{}, null],
])('the commit of %j', (files, commit) => {
  using scratch = new Scratch();
  for (const [name, text] of Object.entries(files)) scratch.write(`.git/${name}`, text);
  expect(gitHead(scratch.dir)).toBe(commit);
});

test.each([
  ['ref: refs/remotes/origin/main\n', 'main'],
  ['ref: refs/remotes/origin/release/2.x\n', 'release/2.x'],
  ['ref: refs/remotes/origin/a]b\n', undefined],
  ['ref: refs/remotes/origin/$(date)\n', undefined],
  [`${COMMIT}\n`, undefined],
  [undefined, undefined],
])('the default branch of %j', (head, branch) => {
  using scratch = new Scratch();
  if (head !== undefined) scratch.write('.git/refs/remotes/origin/HEAD', head);
  expect(defaultBranch(scratch.dir)).toBe(branch);
});
