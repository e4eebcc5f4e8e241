import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkGroups } from './checks/index.ts';
import { checkStory } from './cli/commands/explain.ts';
import type { Check } from './core/plugin.ts';
import { root } from './drill-run.fixture.ts';

const RENEW = 'UPDATE=1 npx vitest run src/verdicts.test.ts';

/** What a check is by its card, line by line; the facts that hold for each check stand at the top of the page. */
function linesOf(check: Check): string[] {
  const { scope, severity, gate, feature, reads, by_reading, skips, advice } = check;
  const { asked, unclaimed } = checkStory(check);
  const judges = {
    task: 'each task',
    log: 'each task, by what the target says of itself',
    drill: 'the drill as a whole',
  };
  const bound = `\`${feature}\`; a target that does not claim it is judged only in ${unclaimed}`;
  const lines: [string, string | undefined][] = [
    ['judges', `${judges[scope]}${gate ? '; may be a gate of a contract' : ''}`],
    ['severity', severity],
    ['asked of', asked],
    ['by these facts', reads],
    ['only by words that somebody has read', by_reading],
    ['feature', feature === undefined ? 'none: it binds every target' : bound],
    ['without faults', withoutFaults(check)],
    ['does not judge', skips === undefined ? undefined : `where ${skips}`],
    ['to mend it', advice],
  ];
  return lines.flatMap(([what, text]) => (text === undefined ? [] : [`- ${what}: ${text}`]));
}

function withoutFaults({ scope, always, implies }: Check): string | undefined {
  if (scope === 'drill') return undefined;
  if (always) return 'a finding there counts as well';
  return implies === undefined ? 'it is not asked' : 'what fails there as well makes the task inconclusive, not failed';
}

const sectionOf = (check: Check): string => `### ${check.name}\n\n${check.summary}.\n\n${linesOf(check).join('\n')}\n`;

const page = `# What each check judges

<!-- Written from the cards of the checks: ${RENEW} -->

A verdict of severity critical or major rests on facts: events of the wire, the effects ledger, structured fields compared by
value, exact texts, what your own files demand or forbid of an answer, or words whose meaning somebody has given in
\`notices.yaml\`. What rests on such a reading is named below; a text that nobody has read is counted as unread, and neither
passes nor fails by it.

- A check that has nothing to judge in a task is not applicable there. Where the drill expects it, and it had nothing to judge in
  any task, the drill is inconclusive.
- A check with a feature is asked of targets that claim it (\`declares.features\`). A target that declares nothing is taken to claim
  \`fallback\` and \`deadline\`. A contract's rules and the \`expect\` of a drill of your own bind whatever is claimed.
- Tasks run without faults first. What may never happen is a finding there, too; of anything else the run without faults is the
  measure, and a task that does not hold there shows nothing about the failover.
- A contract with \`stakes: high\` makes major findings critical; nothing makes one lighter. Minor findings lower the score and fail nothing.

\`drill explain NAME\` shows one of them with its parameters, an example and targets that fail it.
${checkGroups.map(({ about, checks }) => `\n## ${about}\n\n${checks.map(sectionOf).join('\n')}`).join('')}`;

it('docs/verdicts.md is what the cards of the checks say', () => {
  const path = join(root, 'docs', 'verdicts.md');
  if (process.env['UPDATE'] === '1') writeFileSync(path, page);
  expect(readFileSync(path, 'utf8') === page, `stale: run ${RENEW}`).toBe(true);
});
