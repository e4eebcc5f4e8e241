import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { header } from '../../core/wire.ts';
import { protocols } from '../../protocols/index.ts';
import { certificateFor, startProvider, TRUE_TEXT } from '../provider.fixture.ts';
import { UpstreamRefused } from './failures.ts';
import { bytesOf, DUMMY_KEY, failureOf, REAL_KEY, requestTo, rig, textOf } from './upstream.fixture.ts';
import { openUpstream } from './upstream.ts';

const SYNC_FLUSH = constants.Z_SYNC_FLUSH;
const METADATA = { address: '169.254.169.254', family: 4 };
const HERE = { address: '127.0.0.1', family: 4 };
const NAMES = protocols.map(({ name }) => name);
const KEY_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'];

const refusalOf = async (promise: Promise<unknown>): Promise<UpstreamRefused> => {
  const error = await failureOf(promise);
  if (!(error instanceof UpstreamRefused)) throw new Error(`not refused: ${error}`, { cause: error });
  return error;
};

describe('keys', () => {
  it.each(NAMES)(
    '%s: the dummy is taken out wherever it stands, the real one put where it belongs',
    async (protocol) => {
      await using to = await rig({ protocol, keys: [REAL_KEY] });
      const { url, headers } = requestTo(protocol, to.provider.origin);
      const everywhere = KEY_HEADERS.map((name) => [name, `Bearer ${DUMMY_KEY}`] as const);
      const marks = [
        ...[
          ['Cookie', `session=${DUMMY_KEY}`],
          ['X-Drill-Ask', '0123'],
          ['traceparent', '00-1-2-01'],
        ],
        ...[
          ['Connection', 'X-Hop'],
          ['X-Hop', '1'],
          ['X-Kept', 'yes'],
          ['Host', 'elsewhere.test'],
        ],
      ] as [string, string][];
      const reply = await to.send({
        url: `${url}?key=${DUMMY_KEY}&a=%20b`,
        headers: [...headers, ...everywhere, ...marks],
      });
      expect(await textOf(reply.body)).toContain(TRUE_TEXT);
      const [call] = to.provider.calls;
      expect(call?.key).toBe(REAL_KEY);
      expect(call?.url).toBe(`${call?.path}?a=%20b`);
      expect(JSON.stringify(call)).not.toContain(DUMMY_KEY);
      expect(call?.headers.filter(([, value]) => value.includes(REAL_KEY))).toHaveLength(1);
      const names = call?.headers.map(([name]) => name.toLowerCase()) ?? [];
      for (const gone of ['cookie', 'x-drill-ask', 'traceparent', 'x-hop']) expect(names).not.toContain(gone);
      expect(header(call?.headers ?? [], 'x-kept')).toBe('yes');
      expect(header(call?.headers ?? [], 'host')).toBe(new URL(to.provider.origin).host);
      expect(call?.body).toEqual(Buffer.from(requestTo(protocol, to.provider.origin).body));
    },
  );

  it('one that is missing is named, and nobody is called', async () => {
    await using to = await rig({ env: { REAL_KEY: ' ' } });
    expect(await refusalOf(to.send())).toMatchObject({
      why: expect.stringContaining('REAL_KEY is not set'),
      notSent: true,
    });
    await using odd = await rig({ env: { REAL_KEY: 'two words of a secret' } });
    const { why, fix } = await refusalOf(odd.send());
    expect(`${why} ${fix}`).toContain('REAL_KEY');
    expect(`${why} ${fix}`).not.toContain('secret');
    expect([to, odd].flatMap(({ provider }) => provider.calls)).toEqual([]);
  });

  it('goes to the role’s own host, whatever the request says', async () => {
    await using to = await rig();
    await using other = await rig();
    const { url } = requestTo('openai-chat', other.provider.origin);
    await textOf((await to.send({ url })).body);
    expect([to.provider.calls.length, other.provider.calls.length]).toEqual([1, 0]);
  });

  it('one that an error echoes reaches nobody: in a header, in a body, in a stream, over the borders of chunks', async () => {
    const said = `{"error":"Incorrect API key: ${REAL_KEY}. Twice: ${REAL_KEY}!"}`;
    for (const width of [1, 7, REAL_KEY.length, 1000])
      for (const status of [200, 401]) {
        const body = said.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
        await using to = await rig({ answer: () => ({ status, headers: [['x-echo', `Bearer ${REAL_KEY}`]], body }) });
        const reply = await to.send();
        const text = await textOf(reply.body);
        expect(JSON.stringify(reply.head) + text).not.toContain(REAL_KEY);
        expect(text.length).toBe(said.length);
        expect(text).toMatch(/^\{"error":"Incorrect API key: \[key removed\]\**\. Twice: \[key removed\]\**!"\}$/);
        expect(header(reply.head.headers, 'x-echo')).toMatch(/^Bearer \[key removed\]/);
      }
  });

  it('one in a packed error is found as well; in another packed reply it is the reply’s end', async () => {
    const packed = gzipSync(`{"error":"Incorrect API key: ${REAL_KEY}."}`);
    const chunks = [...packed].map((byte) => Uint8Array.of(byte));
    const headers = [['content-encoding', 'gzip']] as const;
    await using wrong = await rig({ answer: () => ({ status: 401, headers, body: chunks }) });
    const reply = await wrong.send();
    expect(header(reply.head.headers, 'content-encoding')).toBeUndefined();
    expect(await textOf(reply.body)).toMatch(/^\{"error":"Incorrect API key: \[key removed\]\**\."\}$/);

    await using right = await rig({ answer: () => ({ headers, body: chunks }) });
    const { body } = await right.send();
    const got: Uint8Array[] = [];
    const error = await refusalOf(
      (async () => {
        for await (const chunk of body) got.push(chunk);
      })(),
    );
    expect(error).toMatchObject({ why: expect.stringContaining('packed'), notSent: false });
    const read = gunzipSync(Buffer.concat(got), { finishFlush: SYNC_FLUSH }).toString();
    expect('{"error":"Incorrect API key: ').toContain(read);
  });
});

describe('bytes', () => {
  it('pass as they come, and packed ones packed, unless the reply is to be read', async () => {
    const body = ['data: {"a":1}\n\n', 'data: sk-real-9f8e7d6c5b4a3928170 no key\n\n', 'data: s'];
    const headers = [
      ['X-Request-Id', 'req_1'],
      ['Set-Cookie', 'a=b'],
      ['Connection', 'x-hop'],
      ['x-hop', '1'],
    ] as const;
    await using plain = await rig({ answer: () => ({ headers, body }) });
    const { head, body: said } = await plain.send();
    expect(head.headers.filter(([name]) => name !== 'Date')).toEqual([['X-Request-Id', 'req_1']]);
    expect(await textOf(said)).toBe(body.join(''));

    await using to = await rig({ gzip: true });
    const asked = [...requestTo('openai-chat', to.provider.origin).headers, ['Accept-Encoding', 'gzip, br']] as const;
    const reply = await to.send({ headers: asked });
    expect(reply.head).toMatchObject({ status: 200, framing: 'length' });
    expect(header(reply.head.headers, 'content-encoding')).toBe('gzip');
    expect(header(reply.head.headers, 'content-length')).toBeUndefined();
    expect(gunzipSync(await bytesOf(reply.body)).toString()).toContain(TRUE_TEXT);

    const read = await to.send({ headers: asked, identity: true });
    expect(header(read.head.headers, 'content-encoding')).toBeUndefined();
    expect(await textOf(read.body)).toContain(TRUE_TEXT);
    const wanted = to.provider.calls.map((call) => header(call.headers, 'accept-encoding'));
    expect(wanted).toEqual(['gzip, br', 'identity']);
  });

  it('that are packed and streamed come as soon as they are there', async () => {
    const begun = gzipSync('data: 1\n\n', { finishFlush: SYNC_FLUSH });
    await using to = await rig({
      answer: () => ({ headers: [['content-encoding', 'gzip']], body: [begun, ''], ends: 'hang' }),
    });
    for await (const chunk of (await to.send()).body) {
      expect(Buffer.from(chunk)).toEqual(begun);
      break;
    }
  });

  it('that could not be looked through for a key are not asked for, and not passed', async () => {
    await using to = await rig({ answer: () => ({ headers: [['content-encoding', 'zstd']], body: 'KLUv/QQA' }) });
    const headers = [['accept-encoding', 'zstd, gzip;q=0.5, *']] as const;
    expect(await refusalOf(to.send({ headers }))).toMatchObject({
      why: expect.stringContaining('zstd'),
      notSent: false,
    });
    expect(header(to.provider.calls[0]?.headers ?? [], 'accept-encoding')).toBe('gzip;q=0.5');
    expect(await to.provider.calls[0]?.gone).toBeTypeOf('boolean');
  });

  it('an error that is packed and holds no key passes byte for byte', async () => {
    const packed = gzipSync('{"error":"no such model"}');
    await using to = await rig({
      answer: () => ({ status: 404, headers: [['content-encoding', 'gzip']], body: packed }),
    });
    const reply = await to.send();
    expect(header(reply.head.headers, 'content-encoding')).toBe('gzip');
    expect(await bytesOf(reply.body)).toEqual(packed);
  });

  it('a redirect is handed back, and nobody is asked there', async () => {
    const other = await startProvider();
    for (const protocol of NAMES) {
      const location = `${other.origin}/elsewhere`;
      await using to = await rig({ protocol, answer: () => ({ status: 307, headers: [['location', location]] }) });
      const reply = await to.send();
      expect(await textOf(reply.body)).toBe('');
      expect(reply.head.status).toBe(307);
      expect(header(reply.head.headers, 'location')).toBe(location);
      expect(to.provider.count(REAL_KEY)).toBe(1);
    }
    expect(other.calls).toEqual([]);
    await other.close();
  });

  it.each(NAMES)('%s: a stream comes chunk by chunk', async (protocol) => {
    await using to = await rig({ protocol });
    const { url, body, headers } = requestTo(protocol, to.provider.origin, true);
    const reply = await to.send({ url, body, headers });
    expect(reply.head.framing).toBe('chunked');
    const text = await textOf(reply.body);
    expect(text).toContain('Paris is the ');
    expect(text).toContain('capital of France.');
  });
});

describe('hosts', () => {
  it('what was looked at is what is dialled: a resolver that changes its mind is asked once', async () => {
    const answers = [HERE, METADATA];
    let asked = 0;
    const lookup = async () => [answers[asked++] ?? METADATA];
    await using to = await rig({
      host: 'provider.test',
      names: ['provider.test'],
      role: { allow_private: true },
      lookup,
    });
    expect(await textOf((await to.send()).body)).toContain(TRUE_TEXT);
    expect(asked).toBe(1);
    expect(header(to.provider.calls[0]?.headers ?? [], 'host')).toBe(`provider.test:${to.provider.port}`);
    expect(to.provider.calls[0]?.servername).toBe('provider.test');
    expect(await refusalOf(to.send())).toMatchObject({
      why: expect.stringContaining('169.254.169.254'),
      notSent: true,
    });
    expect(to.provider.calls).toHaveLength(1);
  });

  it.each([
    ['a private address', [{ address: '10.1.2.3', family: 4 }], {}, 'is a private address'],
    ['this machine under another name', [HERE], {}, 'is a loopback address'],
    ['one bad address of several', [HERE, METADATA], { allow_private: true }, '169.254.169.254'],
    [
      'IPv4 inside IPv6',
      [{ address: '::ffff:169.254.169.254', family: 6 }],
      { allow_private: true },
      '::ffff:169.254.169.254',
    ],
    ['metadata of EC2 over IPv6', [{ address: 'fd00:ec2::254', family: 6 }], { allow_private: true }, 'fd00:ec2::254'],
    ['nobody’s address', [{ address: '0.0.0.0', family: 4 }], { allow_private: true }, '0.0.0.0'],
  ])('%s is refused', async (_what, addresses, role, why) => {
    await using to = await rig({
      host: 'provider.test',
      names: ['provider.test'],
      role,
      lookup: async () => addresses,
    });
    expect(await refusalOf(to.send())).toMatchObject({ why: expect.stringContaining(why), notSent: true });
    expect(to.provider.calls).toEqual([]);
  });

  it.each([
    ['http://provider.test/v1', {}, 'over http'],
    ['http://provider.test/v1', { allow_private: true }, 'is a public address'],
    ['https://metadata.google.internal/v1', { allow_private: true }, 'metadata.google.internal'],
    ['https://169.254.169.254/v1', { allow_private: true }, '169.254.169.254'],
    ['https://0xa9fea9fe/v1', { allow_private: true }, '169.254.169.254'],
    ['https://[::ffff:10.0.0.1]/v1', {}, 'is a private address'],
    ['https://user:pass@provider.test/v1', {}, 'holds credentials'],
  ])('%s %j is refused', async (base_url, role, why) => {
    await using to = await rig({
      role: { base_url, ...role },
      lookup: async () => [{ address: '93.184.216.34', family: 4 }],
    });
    const refused = await refusalOf(to.send());
    expect(refused.why).toContain(why);
    expect(refused.why + refused.fix).not.toContain('pass@');
  });

  it('http is for this machine, or where the role allows it', async () => {
    await using here = await rig({ plain: true });
    await using there = await rig({
      plain: true,
      host: 'provider.test',
      role: { allow_private: true },
      lookup: async () => [HERE],
    });
    for (const to of [here, there]) expect(await textOf((await to.send()).body)).toContain(TRUE_TEXT);
  });

  it('with several addresses, the next is tried where nobody listens', async () => {
    const lookup = async () => [{ address: '::1', family: 6 }, { address: '127.0.0.9', family: 4 }, HERE];
    const named = { host: 'provider.test', names: ['provider.test'], role: { allow_private: true } };
    await using to = await rig({ ...named, lookup });
    expect(await textOf((await to.send()).body)).toContain(TRUE_TEXT);
    expect(to.provider.calls).toHaveLength(1);
  });

  it('one that nobody knows, or where nobody listens, is a refused connection; nothing was sent', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }));
    await using to = await rig({ host: 'provider.test', lookup });
    expect(await failureOf(to.send())).toMatchObject({ how: 'refused', notSent: true, code: 'ENOTFOUND' });
    await using gone = await rig();
    await gone.provider.close();
    expect(await failureOf(gone.send())).toMatchObject({ how: 'refused', notSent: true });
  });
});

describe('certificates', () => {
  it('for another host, or of an unknown authority, are refused, also where the environment turns checks off', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
      await using wrong = await rig({ names: ['other.test'], env });
      await using unknown = await rig({ env, role: { ca_file: undefined } });
      expect((await refusalOf(wrong.send())).why).toBe('the certificate shown is not for 127.0.0.1');
      expect(await refusalOf(unknown.send())).toMatchObject({
        why: expect.stringContaining('not trusted'),
        fix: expect.stringContaining('ca_file'),
      });
      expect([wrong, unknown].flatMap(({ provider }) => provider.calls)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('what ca_file names is trusted beside what NODE_EXTRA_CA_CERTS does; a file that is none is named', async () => {
    await using first = await rig();
    await using second = await rig();
    const { ca: stranger } = await certificateFor(['x.test']);
    const folder = mkdtempSync(join(tmpdir(), 'drill-trust-'));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const extra = file('extra.pem', first.provider.ca);
    const both = file('both.pem', `${stranger}\n${second.provider.ca}`);
    const role = (origin: string, ca_file: string) => ({
      ...{ provider: 'test', protocol: 'openai-chat', model: 'a-model', base_url: `${origin}/v1` },
      ...{ key_env: 'REAL_KEY', ca_file },
    });
    const upstream = openUpstream({
      roles: {
        first: role(first.provider.origin, both),
        second: role(second.provider.origin, both),
        none: role(first.provider.origin, file('none.pem', 'not PEM')),
        missing: role(first.provider.origin, 'missing.pem'),
      },
      ...{ protocols, cwd: folder, env: { REAL_KEY, NODE_EXTRA_CA_CERTS: extra } },
    });
    const send = (name: string) =>
      upstream.send({ role: name, identity: false, request: requestTo('openai-chat', 'https://any.test') });
    for (const name of ['first', 'second']) expect(await textOf((await send(name)).body)).toContain(TRUE_TEXT);
    expect((await refusalOf(send('none'))).why).toContain('none.pem holds no certificate');
    expect((await refusalOf(send('missing'))).why).toContain('missing.pem cannot be read');
    await upstream.close();
    rmSync(folder, { recursive: true });
  });

  it('a host that speaks no TLS is named', async () => {
    const plain = await startProvider({ plain: true });
    await using to = await rig({ role: { base_url: `https://127.0.0.1:${plain.port}/v1` } });
    expect((await refusalOf(to.send())).why).toContain('does not speak TLS');
    await plain.close();
  });
});
