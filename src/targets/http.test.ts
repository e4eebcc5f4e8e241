import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, RunningTarget } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import type { Sockets } from '../core/sockets.ts';
import { pointedAt } from '../text/json-pointer.ts';
import { createWallClock } from '../world/index.ts';
import { http } from './http.ts';

const task: Task = {
  ...{ id: 'hours-1', workflow: 'w', tenant: 'a', priority: 'normal', input: 'When are you open?', deadline_ms: 9 },
  sources: [{ id: 'hours', text: 'From 10 am.' }],
};
/** As it stands in a configuration. */
const hole = (name: string) => `\${${name}}`;
const printed: string[] = [];
const servers: Server[] = [];
afterEach(async () => {
  printed.length = 0;
  delete process.env['SHOP_TOKEN'];
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

const endpoint = { protocol: 'openai-chat', base_url: 'http://127.0.0.1:1/v1', model: 'gpt-5-mini', api_key: 'k' };
const sockets: Sockets = {
  roles: () => ({ primary: endpoint }),
  env: () => ({ OPENAI_BASE_URL: endpoint.base_url, HTTP_PROXY: 'http://127.0.0.1:2', DRILL_ROLES: '{}' }),
  headers: ({ id }) => ({ 'x-drill-ask': `key of ${id}`, traceparent: 'trace' }),
  marked: (one) => ({ ...one, input: `${one.input} [mark]` }),
  unmarked: (outcome) => outcome,
  started() {},
  print: (text) => void printed.push(text),
};
const habitat: Habitat = {
  roles: {},
  fetch,
  transport: () => Promise.reject(new Error('no wire')),
  tools: { schemas: [], call: () => Promise.reject(new Error('no tools')) },
  approve: async () => 'silence',
  clock: createWallClock(),
  random: createRandom(1),
  sockets,
};

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const serving = (answer: RequestListener) => listening(createServer(answer));
/** A service that writes bytes as it likes. */
const raw = (answer: (socket: Socket) => void) =>
  listening(createRawServer((socket) => void socket.on('error', () => {}).once('data', () => answer(socket))));

async function start(params: object): Promise<RunningTarget> {
  const loaded = await http.open({ cwd: '/', ...params }).load();
  return loaded.start(habitat, new AbortController().signal);
}
async function ask(params: object, signal = new AbortController().signal): Promise<Outcome> {
  return (await start(params)).ask(task, signal);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
const json = (response: ServerResponse, said: unknown, status = 200, headers: Record<string, string> = {}) =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(said));

/** What a service was sent, and what it then answers. */
async function seenBy(params: object, answer: (response: ServerResponse) => void) {
  const seen: {
    method?: string | undefined;
    url?: string | undefined;
    headers?: IncomingMessage['headers'];
    body?: string;
  } = {};
  const url = await serving(async (request, response) => {
    Object.assign(seen, {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await bodyOf(request),
    });
    answer(response);
  });
  const outcome = await ask({ http: `${url}/ask`, ...params });
  return { outcome, seen };
}

describe('what a service is sent', () => {
  it('is the task, and who asks', async () => {
    const { outcome, seen } = await seenBy({}, (response) => json(response, { answer: 'At 10.' }));
    expect(outcome).toEqual({ kind: 'answered', answer: 'At 10.' });
    expect(seen).toMatchObject({ method: 'POST', url: '/ask' });
    expect(seen.headers).toMatchObject({ 'x-drill-ask': 'key of hours-1', traceparent: 'trace', 'x-tenant': 'a' });
    expect(JSON.parse(seen.body ?? '')).toEqual(task);
  });

  it('is what its template says, with headers from the environment and the stand', async () => {
    process.env['SHOP_TOKEN'] = 'not for the eyes of others';
    const params = {
      headers: {
        authorization: `Bearer ${hole('env:SHOP_TOKEN')}`,
        'x-config': `{\n  "url": "${hole('roles.primary.base_url')}" }`,
      },
      body: { question: hole('task.input'), docs: hole('task.sources') },
      outcome: { answer: '/result/text', citations: '/result/refs', notice: '/warning' },
      marker: true,
    };
    const { outcome, seen } = await seenBy(params, (response) =>
      json(response, { result: { text: 'At 10.', refs: ['hours'] }, warning: null }),
    );
    expect(outcome).toEqual({ kind: 'answered', answer: 'At 10.', citations: ['hours'] });
    expect(seen.headers).toMatchObject({
      authorization: 'Bearer not for the eyes of others',
      'x-config': `{ "url": "${endpoint.base_url}" }`,
    });
    expect(JSON.parse(seen.body ?? '')).toEqual({ question: `${task.input} [mark]`, docs: task.sources });
    expect(http.open({ cwd: '/', http: 'http://127.0.0.1:1', ...params }).secrets).toEqual([
      'not for the eyes of others',
    ]);
  });

  it('is a chat completion where its path says so, and what is added to it; the stream is read', async () => {
    const url = await serving(async (request, response) => {
      const { model, stream, messages } = JSON.parse(await bodyOf(request));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const content of [model, ' ', String(stream), ' ', String(messages.length)])
        response.write(`data: ${JSON.stringify({ id: '1', choices: [{ index: 0, delta: { content } }] })}\n\n`);
      response.end(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
      );
    });
    expect(await ask({ http: `${url}/v1/chat/completions`, body: { model: 'fast', stream: true } })).toEqual({
      kind: 'answered',
      answer: 'fast true 1',
    });
  });

  it('asks for JSON where the contract does, and reads its parts', async () => {
    const said = { answer: 'At 10.', citations: ['hours'] };
    let asked = '';
    const url = await serving(async (request, response) => {
      asked = await bodyOf(request);
      const message = { role: 'assistant', content: JSON.stringify(said) };
      json(response, { id: '1', choices: [{ index: 0, message, finish_reason: 'stop' }] });
    });
    const schema = { type: 'object', properties: {} };
    const target = await start({ http: url, as: 'openai-chat' });
    const outcome = await target.ask({ ...task, response_schema: schema }, new AbortController().signal);
    expect(outcome).toEqual({ kind: 'answered', ...said, data: said });
    expect(pointedAt(JSON.parse(asked), '/response_format/json_schema/schema')).toEqual(schema);
  });

  it.each(['Shop', ''])('asks for a variable that the environment must have: %j', async (value) => {
    if (value !== '') process.env['SHOP_TOKEN'] = value;
    const open = () => http.open({ cwd: '/', http: 'http://127.0.0.1:1', headers: { a: hole('env:SHOP_TOKEN') } });
    // What is that short stands everywhere.
    if (value !== '') expect(open().secrets).toEqual([]);
    else expect(open).toThrow('the environment has no SHOP_TOKEN');
  });
});

describe('what a service answers', () => {
  it.each<[string, object, Outcome]>([
    [
      'an error with a message is no answer',
      { message: 'Internal error' },
      { kind: 'failed', error: 'HTTP 503', notice: 'Internal error' },
    ],
    ['an outcome is one', { kind: 'declined', notice: 'No.' }, { kind: 'declined', notice: 'No.' }],
  ])('HTTP 503: %s', async (_, said, outcome) => {
    const url = await serving((_, response) => json(response, said, 503));
    expect(await ask({ http: url })).toEqual(outcome);
  });

  it('HTTP 503: pointers lead to what users are told', async () => {
    const url = await serving((_, response) => json(response, { for_users: 'Later.' }, 503));
    const params = { http: url, outcome: { answer: '/text', notice: '/for_users' } };
    expect(await ask(params)).toEqual({ kind: 'failed', error: 'HTTP 503', notice: 'Later.' });
  });

  it.each<[string, Record<string, string>, object, object]>([
    ['its location', { location: '/jobs/1' }, {}, {}],
    ['a pointer', {}, { job: { url: '/jobs/1' } }, { url: '/job/url' }],
  ])('a job is asked for until it is done, at %s', async (_, headers, said, where) => {
    const seen: string[] = [];
    const url = await serving((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-drill-ask']}`);
      if (seen.length === 1) json(response, said, 202, headers);
      else if (seen.length < 4) json(response, {}, 202);
      else json(response, { answer: 'At 10.' });
    });
    expect(await ask({ http: `${url}/ask`, poll: { every_ms: 10, ...where } })).toEqual({
      kind: 'answered',
      answer: 'At 10.',
    });
    expect(seen).toEqual(['POST /ask key of hours-1', ...Array(3).fill('GET /jobs/1 key of hours-1')]);
  });

  it('a redirect is followed at its own host', async () => {
    const seen: string[] = [];
    const url = await serving(async (request, response) => {
      seen.push(`${request.method} ${request.url} ${(await bodyOf(request)).length > 0}`);
      if (request.url === '/ask') response.writeHead(307, { location: '/v2/ask' }).end();
      else if (request.url === '/v2/ask') response.writeHead(303, { location: '/done' }).end();
      else json(response, { answer: 'At 10.' });
    });
    expect(await ask({ http: `${url}/ask` })).toEqual({ kind: 'answered', answer: 'At 10.' });
    expect(seen).toEqual(['POST /ask true', 'POST /v2/ask true', 'GET /done false']);
  });

  it('a redirect or a job at another host is not: nobody is asked there', async () => {
    let asked = 0;
    const elsewhere = await serving((_, response) => {
      asked += 1;
      json(response, { answer: 'gotcha' });
    });
    const status = { value: 302 };
    const url = await serving((_, response) => void response.writeHead(status.value, { location: elsewhere }).end());
    expect(await ask({ http: url })).toEqual({ kind: 'failed', error: `it redirects to ${elsewhere}` });
    status.value = 202;
    const failure = await ask({ http: url, poll: { every_ms: 10 } });
    expect(failure).toEqual({ kind: 'failed', error: `its job is at another host: ${elsewhere}` });
    expect(asked).toBe(0);
  });

  it.each<[string, (socket: Socket) => void, RegExp, string | undefined]>([
    ['no HTTP', (socket) => socket.end('what?\n'), /gave no response/, undefined],
    ['nothing', (socket) => socket.end(), /gave no response/, undefined],
    [
      'half of it',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nWe open'),
      /broke off/,
      'We open',
    ],
    [
      'redirects without end',
      (socket) => socket.end('HTTP/1.1 307 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'),
      /redirects without end/,
      undefined,
    ],
  ])('%s', async (_, answer, error, shown) => {
    expect(await ask({ http: await raw(answer), as: 'text' })).toEqual({
      kind: 'failed',
      error: expect.stringMatching(error),
      ...(shown && { shown }),
    });
  });

  it('nobody who listens', async () => {
    const url = await serving(() => {});
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
    expect(await ask({ http: url })).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('100 MB: not read to the end', async () => {
    let sent = 0;
    const url = await serving((_, response) => {
      const more = () => {
        while (sent < 100 && !response.destroyed) {
          sent += 1;
          if (!response.write(Buffer.alloc(1_000_000, 'x'))) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    expect(await ask({ http: url, as: 'text' })).toEqual({ kind: 'failed', error: 'it answered with more than 8 MB' });
    expect(sent).toBeLessThan(100);
  });

  it.each(['before its head', 'in its body'])('no end %s: it is left when the ask is given up', async (when) => {
    const gone = new AbortController();
    let closed = (): void => {};
    const over = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const url = await serving((request, response) => {
      request.socket.once('close', closed);
      if (when === 'in its body') response.write('{');
      setTimeout(() => gone.abort(new DOMException('The user left', 'AbortError')), 20);
    });
    await expect(ask({ http: url }, gone.signal)).rejects.toThrow('The user left');
    await over;
  });
});

it('a role that there is not', async () => {
  const params = {
    http: 'http://127.0.0.1:1',
    headers: { a: hole('roles.bakcup.model'), b: hole('roles.primary.model') },
  };
  await expect(start(params)).rejects.toThrow('the target asks for the role "bakcup", which there is not');
});

it.each(['http://', 'http://me:secret@127.0.0.1/', 'https://['])('%s is no place to send tasks to', (url) => {
  expect(() => http.open({ cwd: '/', http: url })).toThrow(/^this is no HTTP target: /);
});

it('says once what a service that runs already must have been started with', async () => {
  const loaded = http.open({ cwd: '/', http: 'http://127.0.0.1:9/ask' });
  expect(loaded).toMatchObject({ alone: true, wall: true, at: { host: '127.0.0.1', port: 4600 } });
  for (let world = 0; world < 2; world++) await (await loaded.load()).start(habitat, new AbortController().signal);
  expect(printed.join('')).toContain(`  OPENAI_BASE_URL=${endpoint.base_url}\n`);
  expect(printed.join('')).not.toMatch(/PROXY|DRILL_ROLES/);
  expect(printed).toHaveLength(1);
});

it.each(['short', 'with a / that is no part of a name'])('a token that is no good: %s', (token) => {
  const stand = { port: 4600, listen: '0.0.0.0', advertise: 'host.docker.internal', token };
  expect(() => http.open({ cwd: '/', http: 'http://127.0.0.1:9', stand })).toThrow('the token of the stand is no good');
});
