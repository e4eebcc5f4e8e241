import { describe, expect, it } from 'vitest';
import { startConnectProxy } from '../connect-proxy.fixture.ts';
import { TRUE_TEXT } from '../provider.fixture.ts';
import { UpstreamFailure, UpstreamRefused } from './failures.ts';
import { proxyFor, shown } from './proxies.ts';
import { DUMMY_KEY, failureOf, REAL_KEY, rig, textOf } from './upstream.fixture.ts';

const elsewhere = { host: 'provider.test', names: ['provider.test'] };
const never = () => Promise.reject(new Error('nobody is to be asked for this name'));

describe('a proxy', () => {
  it('opens a tunnel, sees neither key nor text, and alone gets its credentials', async () => {
    const right = await startConnectProxy({ credentials: 'user:se cret%' });
    const HTTPS_PROXY = right.url.replace('user:', 'other:');
    await using to = await rig({ ...elsewhere, lookup: never, env: { HTTPS_PROXY } });
    expect(await failureOf(to.send())).toMatchObject({
      why: expect.stringMatching(/^the proxy http:[^ @]+ wants credentials$/),
      notSent: true,
    });
    right.asked.length = 0;

    await using through = await rig({ ...elsewhere, lookup: never, env: { HTTPS_PROXY: right.url } });
    expect(await textOf((await through.send()).body)).toContain(TRUE_TEXT);
    expect(right.asked.map(({ authority }) => authority)).toEqual([`provider.test:${through.provider.port}`]);
    expect(JSON.stringify(right.asked)).not.toContain(REAL_KEY);
    expect(right.seen().length).toBeGreaterThan(0);
    for (const word of [REAL_KEY, DUMMY_KEY, 'capital']) expect(right.seen().includes(word)).toBe(false);
    const [call] = through.provider.calls;
    expect(call?.key).toBe(REAL_KEY);
    expect(call?.headers.map(([name]) => name.toLowerCase())).not.toContain('proxy-authorization');
    const [route] = through.upstream.routes();
    expect(route).toEqual({
      role: 'primary',
      origin: `https://provider.test:${through.provider.port}`,
      key_env: 'REAL_KEY',
      key_present: true,
      proxy: right.url.replace(/[^/]*@/, ''),
      ca_file: 'ca.pem',
    });
    await right.close();
  });

  it('does not stand for the provider: its certificate is asked for all the same', async () => {
    const proxy = await startConnectProxy();
    await using to = await rig({ ...elsewhere, names: ['other.test'], env: { HTTPS_PROXY: proxy.url } });
    expect(await failureOf(to.send())).toMatchObject({
      why: 'the certificate shown is not for provider.test',
      notSent: true,
    });
    expect(to.provider.calls).toEqual([]);
    await proxy.close();
  });

  it('may itself speak TLS', async () => {
    const proxy = await startConnectProxy({ tls: true });
    await using to = await rig({ ...elsewhere, env: { HTTPS_PROXY: proxy.url }, trusted: proxy.ca });
    expect(await textOf((await to.send()).body)).toContain(TRUE_TEXT);
    await using unknown = await rig({ ...elsewhere, env: { HTTPS_PROXY: proxy.url } });
    expect(await failureOf(unknown.send())).toMatchObject({ why: expect.stringContaining('127.0.0.1 is not trusted') });
    expect(proxy.asked).toHaveLength(1);
    await proxy.close();
  });

  it('of this machine is asked for this machine, too', async () => {
    const proxy = await startConnectProxy();
    await using to = await rig({ env: { HTTPS_PROXY: proxy.url } });
    expect(await textOf((await to.send()).body)).toContain(TRUE_TEXT);
    expect(proxy.asked.map(({ authority }) => authority)).toEqual([`127.0.0.1:${to.provider.port}`]);
    await proxy.close();
  });

  it('is not asked for what NO_PROXY names', async () => {
    const proxy = await startConnectProxy();
    const here = { role: { allow_private: true }, lookup: async () => [{ address: '127.0.0.1', family: 4 }] };
    await using to = await rig({
      ...elsewhere,
      ...here,
      env: { HTTPS_PROXY: proxy.url, NO_PROXY: 'a.test, .provider.test' },
    });
    expect(await textOf((await to.send()).body)).toContain(TRUE_TEXT);
    expect(proxy.asked).toEqual([]);
    expect(to.upstream.routes()[0]?.proxy).toBeNull();
    await proxy.close();
  });

  it('that is not there, hangs up or finds no way is a failure of the network; nothing was sent', async () => {
    const gone = await startConnectProxy();
    await gone.close();
    const hangsUp = await startConnectProxy({ status: 0 });
    const lost = await startConnectProxy({ status: 502 });
    for (const [proxy, how] of [
      [gone, 'refused'],
      [hangsUp, 'closed'],
      [lost, 'refused'],
    ] as const) {
      await using to = await rig({ ...elsewhere, env: { HTTPS_PROXY: proxy.url } });
      const error = await failureOf(to.send());
      expect(error).toBeInstanceOf(UpstreamFailure);
      expect(error).toMatchObject({ how, notSent: true });
    }
    for (const proxy of [hangsUp, lost]) await proxy.close();
  });

  it('that forbids the host is a refusal that says so', async () => {
    const proxy = await startConnectProxy({ status: 403 });
    await using to = await rig({ ...elsewhere, env: { ALL_PROXY: proxy.url } });
    const error = await failureOf(to.send());
    expect(error).toBeInstanceOf(UpstreamRefused);
    expect(error).toMatchObject({ why: expect.stringMatching(/opens no way to provider\.test:\d+ \(HTTP 403\)/) });
    await proxy.close();
  });

  it('that dies mid-stream ends the reply', async () => {
    const proxy = await startConnectProxy();
    await using to = await rig({
      ...elsewhere,
      ...{ env: { HTTPS_PROXY: proxy.url }, answer: () => ({ body: ['data: 1\n\n', ''], ends: 'hang' }) },
    });
    const { body } = await to.send();
    const error = await failureOf(
      (async () => {
        for await (const _ of body) proxy.die();
      })(),
    );
    expect(error).toBeInstanceOf(UpstreamFailure);
    expect(error).toMatchObject({ notSent: false });
  });

  it('changes nothing about hosts that are refused by their names', async () => {
    const proxy = await startConnectProxy();
    for (const base_url of ['https://metadata.google.internal', 'https://10.0.0.1', 'http://provider.test']) {
      const env = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
      await using to = await rig({ env, role: { base_url } });
      expect(await failureOf(to.send())).toBeInstanceOf(UpstreamRefused);
    }
    expect(proxy.asked).toEqual([]);
    await proxy.close();
  });

  it.each(['socks5://user:secret@127.0.0.1:1080', 'http://user:secret@:no port', 'http://169.254.169.254:80'])(
    'of which there is none like that: %s',
    async (HTTPS_PROXY) => {
      await using to = await rig({ ...elsewhere, env: { HTTPS_PROXY } });
      const error = await failureOf(to.send());
      if (!(error instanceof UpstreamRefused)) throw error;
      expect(error.why + error.fix).not.toContain('secret');
      expect(error.fix).toContain('HTTPS_PROXY');
      expect(to.upstream.routes()[0]?.proxy).not.toContain('secret');
    },
  );
});

describe('which proxy', () => {
  const https = new URL('https://api.openai.com/v1');
  const PROXY = 'http://proxy.test:3128';

  it.each([
    [{ HTTPS_PROXY: PROXY }, PROXY],
    [{ https_proxy: 'proxy.test:3128' }, PROXY],
    [{ https_proxy: '', HTTPS_PROXY: PROXY }, PROXY],
    [{ https_proxy: PROXY, HTTPS_PROXY: 'http://other.test' }, PROXY],
    [{ ALL_PROXY: PROXY }, PROXY],
    [{ HTTP_PROXY: PROXY }, undefined],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: PROXY, no_proxy: 'openai.com' }, undefined],
    [{ HTTPS_PROXY: PROXY, no_proxy: '*.openai.com' }, undefined],
    [{ HTTPS_PROXY: PROXY, no_proxy: 'API.OPENAI.COM:443' }, undefined],
    [{ HTTPS_PROXY: PROXY, no_proxy: 'api.openai.com:8443' }, PROXY],
    [{ HTTPS_PROXY: PROXY, no_proxy: 'penai.com,,api.openai.com.evil' }, PROXY],
  ])('%j', (env, proxy) => {
    const found = proxyFor(https, env);
    expect(found && shown(found)).toBe(proxy);
  });

  it.each([
    ['https://10.1.2.3', '10.0.0.0/8'],
    ['https://[fd00::1]:8443', 'fd00::/8'],
    ['https://[fd00::1]:8443', '[fd00::1]:8443'],
    ['https://[fd00::1]', 'fd00::1'],
    ['http://localhost:4000', 'a.test'],
    ['http://127.0.0.2:4000', 'a.test'],
  ])('none for %s with NO_PROXY %s', (url, NO_PROXY) => {
    expect(proxyFor(new URL(url), { ALL_PROXY: PROXY, NO_PROXY })).toBeUndefined();
    expect(proxyFor(new URL('https://11.1.2.3'), { ALL_PROXY: PROXY, NO_PROXY })).toBeDefined();
  });
});
