import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../../core/declaration.ts';
import type { WireRequest } from '../../core/wire.ts';
import { protocols } from '../../protocols/index.ts';
import { type Provider, type ProviderOptions, startProvider } from '../provider.fixture.ts';
import { openUpstream, type Upstream, type UpstreamOptions, type UpstreamReply } from './upstream.ts';

/** What only the provider may see, and what only the target has. */
export const REAL_KEY = 'sk-real-9f8e7d6c5b4a39281706f5e4d3c2b1a0';
export const DUMMY_KEY = 'sk-dummy-of-this-run';

/** Where each protocol's base URL ends. */
const BASES: Readonly<Record<string, string>> = { 'openai-chat': '/v1', 'openai-responses': '/v1' };

/** A call as a target makes it, with its dummy key. */
export function requestTo(protocol: string, origin: string, stream = false): WireRequest {
  const speaks = protocols.find(({ name }) => name === protocol);
  if (speaks === undefined) throw new Error(`no protocol ${protocol}`);
  const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
  return speaks.writeCall(
    { protocol, model: 'a-model', messages, tools: [], stream, maxOutputTokens: 100 },
    { base_url: origin + (BASES[protocol] ?? ''), api_key: DUMMY_KEY },
  );
}

export async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const textOf = async (body: AsyncIterable<Uint8Array>): Promise<string> => (await bytesOf(body)).toString();

/** What a promise is rejected with. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export interface Rig extends AsyncDisposable {
  provider: Provider;
  upstream: Upstream;
  /** Sends a call of the provider's first protocol, or another request, through an upstream made with these options. */
  send(given?: Partial<WireRequest> & { identity?: boolean; signal?: AbortSignal }): Promise<UpstreamReply>;
}

/** A provider that plays over TLS, and the way there. `role` is what its role says beside where it is. */
export async function rig(
  given: ProviderOptions & {
    protocol?: string;
    host?: string;
    role?: Partial<Role>;
    env?: Record<string, string | undefined>;
    lookup?: UpstreamOptions['lookup'];
    /** Authorities of the role's ca_file, beside the provider's own. */
    trusted?: string;
  } = {},
): Promise<Rig> {
  const { protocol = 'openai-chat', host, role, env, lookup, trusted = '', ...options } = given;
  const provider = await startProvider(options);
  const folder = mkdtempSync(join(tmpdir(), 'drill-upstream-'));
  writeFileSync(join(folder, 'ca.pem'), `${provider.ca}\n${trusted}`);
  const origin =
    host === undefined ? provider.origin : `${new URL(provider.origin).protocol}//${host}:${provider.port}`;
  const upstream = openUpstream({
    roles: {
      primary: {
        ...{ provider: 'test', protocol, model: 'a-model', base_url: origin + (BASES[protocol] ?? '') },
        ...{ key_env: 'REAL_KEY', ...(provider.ca !== '' && { ca_file: 'ca.pem' }) },
        ...role,
      },
    },
    ...{ protocols, cwd: folder, env: { REAL_KEY, ...env } },
    ...(lookup && { lookup }),
  });
  return {
    provider,
    upstream,
    send: ({ identity = false, signal, ...request } = {}) =>
      upstream.send({ role: 'primary', identity, request: { ...requestTo(protocol, origin), ...request } }, signal),
    async [Symbol.asyncDispose]() {
      await upstream.close();
      await provider.close();
      rmSync(folder, { recursive: true });
    },
  };
}
