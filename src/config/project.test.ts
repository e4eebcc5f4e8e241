import { expect, test } from 'vitest';
import { gitHead } from './project.ts';
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
