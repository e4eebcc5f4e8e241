import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './drill-run.fixture.ts';

/** Somebody's project: a folder with files of theirs and our packages installed; gone when the test is over. */
export class Project implements Disposable {
  readonly cwd = mkdtempSync(join(tmpdir(), 'drill-project-'));

  constructor(files: Record<string, string>) {
    symlinkSync(join(root, 'node_modules'), join(this.cwd, 'node_modules'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.cwd, name)), { recursive: true });
      writeFileSync(join(this.cwd, name), text);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.cwd, { recursive: true, force: true });
  }
}

/** Three tasks without canonical answers, as a newcomer writes them. */
export const THREE_TASKS: Record<string, string> = {
  'my-tasks/opening_hours.json':
    '{ "name": "opening_hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }',
  'my-tasks/parking.json':
    '{ "name": "parking", "input": "Where can I park?", "must_include": [{ "any_of": ["behind the shop", "in the yard"] }], "max_latency_ms": 12000 }',
  'my-tasks/returns.yaml':
    'name: returns\ninput: Can I bring a book back?\nmust_include: [30 days]\nfixtures: [returns_v1]\nrequires_citation: true\n',
  'my-tasks/sources/returns_v1.md':
    '# Returns\n\nBooks may be brought back within 30 days of purchase, unread and with the receipt.\n',
};

/** Ten lines on `fetch`: two roles in turn, five seconds for each. */
export const OWN_AGENT = `export default async (task, { roles }) => {
  for (const role of [roles.primary, roles.backup]) {
    const anthropic = role.protocol === 'anthropic-messages';
    const body = { model: role.model, max_tokens: 500, messages: [{ role: 'user', content: task.input + JSON.stringify(task.sources) }] };
    const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': role.api_key };
    const url = role.base_url + (anthropic ? '/v1/messages' : '/chat/completions');
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) }).then((r) => r.json()).catch(() => null);
    if (reply && !reply.error) return anthropic ? reply.content[0].text : reply.choices[0].message.content;
  }
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};
`;
