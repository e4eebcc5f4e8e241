import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunReport } from './core/report.ts';
import { root, runDrill } from './drill-run.fixture.ts';

const PAGE = join(root, 'docs/what-breaks.md');

/** The examples, by the SDK they are on. */
const EXAMPLES = {
  'openai, chat': 'openai-sdk-agent',
  'openai, responses': 'openai-responses-agent',
  '@anthropic-ai/sdk': 'anthropic-sdk-agent',
  '@google/genai': 'gemini-sdk-agent',
  'Vercel AI SDK': 'ai-sdk-agent',
  '@openai/agents': 'openai-agents-agent',
  'LangChain.js': 'langchain-agent',
};

/** All are run where the page is written; else those that fall back in ways of their own. */
const EVERY = process.env['UPDATE'] !== undefined;
const FEW = ['Vercel AI SDK', 'LangChain.js'];

/** The cells of an example, beside the names of the faults. */
function columnOf(page: string, name: string): string[] {
  const rows = page.split('\n').flatMap((line) => (line.startsWith('|') ? [line.split(' | ')] : []));
  const at = rows[0]?.findIndex((cell) => cell.replace(/ \|$/, '') === name) ?? -1;
  return rows.map((row) => `${row[0]}: ${row[at]?.replace(/ \|$/, '')}`);
}

/** What of an example failed under each alternative: the checks, or why nothing could be said. */
function cellsOf({ drills }: RunReport): Map<string, string> {
  return new Map(
    drills.map(({ name, verdict, checks, tasks }) => {
      const found = [...checks, ...tasks.flatMap((task) => task.checks)].filter(
        (cell) => cell.verdict === 'failed' && cell.severity !== 'minor',
      );
      const names = [...new Set(found.map(({ check }) => check))].sort().join(', ');
      return [name.replace('every_fault/', ''), names || WORDS[verdict]];
    }),
  );
}
const WORDS = { passed: '', failed: 'failed', inconclusive: '?', not_applicable: '–' } as const;

const INTRO = `# What breaks

<!-- Written from the examples and every_fault: UPDATE=1 npx vitest run src/what-breaks.test.ts -->

Each [example](drill-my-agent.md#examples) under every fault on its primary, with a stream (\`_streamed\`) and without: the checks that
fail. An empty cell is a pass, a \`–\` is not applicable, a \`?\` inconclusive. The examples are written as the documentation of their
SDK shows a fallback, so this is what whoever follows it ships. \`drill run every_fault/NAME --target FILE\` shows one of them.

`;

function table(columns: Map<string, Map<string, string>>): string {
  const rows = [...new Set([...columns.values()].flatMap((cells) => [...cells.keys()]))];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) => line([`\`${row}\``, ...[...columns.values()].map((cells) => cells.get(row) ?? '–')]));
  return [line(['fault', ...columns.keys()]), line([...Array(columns.size + 1)].map(() => '---')), ...body].join('\n');
}

describe('every fault on the examples', () => {
  const columns = new Map<string, Map<string, string>>();

  it.each(EVERY ? Object.entries(EXAMPLES) : Object.entries(EXAMPLES).filter(([name]) => FEW.includes(name)))(
    '%s',
    async (name, file) => {
      const target = `fixtures/targets/${file}.ts`;
      const { report } = await runDrill({ names: ['every_fault'], target });
      const cells = cellsOf(report);
      // What a package loads late takes real time, once a process: each run of the command has processes of its own.
      for (const drill of report.drills.filter(({ verdict }) => verdict === 'inconclusive')) {
        const again = await runDrill({ names: [drill.name], target });
        for (const [alternative, said] of cellsOf(again.report)) cells.set(alternative, said);
      }
      columns.set(name, cells);
      // Whatever is found, the run itself can be believed.
      expect([...cells].filter(([, said]) => said === '?')).toEqual([]);
      expect(cells.get('hang')).not.toBe('–');
    },
  );

  it('is what the page says', () => {
    const page = `${INTRO}${table(columns)}\n`;
    if (EVERY) writeFileSync(PAGE, page);
    for (const name of columns.keys()) expect(columnOf(readFileSync(PAGE, 'utf8'), name)).toEqual(columnOf(page, name));
  });
});
