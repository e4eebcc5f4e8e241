import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { createMessenger, type News } from './messenger.ts';

const NEWS: News = { schedule: 'a', run: 'a-1', due: '2026-01-15T01:00:00.000Z', outcome: 'failed', before: 'passed' };

/** How each way went, in the words of the journal. */
async function told(notify: { command?: string; webhook?: string }, env: Record<string, string> = {}) {
  const said: string[] = [];
  await createMessenger(process.cwd(), env).tell(notify, NEWS, (how, failed) =>
    said.push(`${how}: ${failed ?? 'told'}`),
  );
  return said;
}

test('a command that takes it, that fails, that is none, that reads nothing', async () => {
  expect(await told({ command: `grep -q '"outcome":"failed"'` })).toEqual(['command: told']);
  expect(await told({ command: 'exit 3' })).toEqual(['command: it ended with 3']);
  expect(await told({ command: './nobody-there 2>/dev/null' })).toEqual(['command: it ended with 127']);
  expect(await told({ command: 'exec <&-; exit 0' })).toEqual(['command: told']);
});

test('a webhook that takes it, refuses it, leads elsewhere or is not there; its URL is in no word of that', async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    for await (const piece of request) bodies.push(String(piece));
    if (request.url === '/elsewhere') response.writeHead(307, { location: '/taken' }).end();
    else response.writeHead(request.url === '/taken' ? 200 : 403).end('no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const fromEnv = { webhook: `\${env:HOOK}` };
  expect(await told(fromEnv, { HOOK: `${url}/taken` })).toEqual(['webhook: told']);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    { text: 'drill: a, due 2026-01-15T01:00:00.000Z, failed (passed before)', ...NEWS },
  ]);
  expect(await told({ webhook: `${url}/secret` })).toEqual(['webhook: the answer was 403']);
  expect(await told({ webhook: `${url}/elsewhere` })).toEqual(['webhook: nobody took it']);
  expect(await told(fromEnv)).toEqual(['webhook: HOOK is not set']);
  server.close();
  server.closeAllConnections();
  expect(await told({ webhook: `${url}/taken` })).toEqual(['webhook: nobody took it']);
});
