import { messageOf } from '../core/errors.ts';
import { gather } from '../core/gathered.ts';
import type { CallBody } from '../core/model-call.ts';
import type { Protocol } from '../core/protocol.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { Part } from '../core/wire.ts';

const NEEDED = ['baseOf', 'readCall', 'writeCall', 'encoder', 'decoder'] as const;
const BASE = 'http://127.0.0.1/base';
const ASKS: CallBody = {
  ...{ protocol: '', model: 'm-1', tools: [], stream: false },
  messages: [{ role: 'user', content: 'Are you open on Sunday?' }],
};
const ANSWER = 'On Sunday we open at 10 am.';
const FAILURES: readonly FailureMode[] = ['rate_limit', 'auth', 'server_error'];

/** Why a protocol cannot stand between a target and a provider: its two ends do not understand each other. */
export function brokenLaw(protocol: Protocol): string | undefined {
  try {
    return broken(protocol);
  } catch (error) {
    return `it throws: ${messageOf(error)}`;
  }
}

function broken(protocol: Protocol): string | undefined {
  const missing = NEEDED.filter((key) => typeof protocol[key] !== 'function');
  if (missing.length > 0) return `it lacks ${missing.join(', ')}`;
  if (protocol.baseOf(`/base${protocol.path}`) !== '/base') return `it does not know its own path ${protocol.path}`;
  return brokenRequest(protocol) ?? brokenReply(protocol, false) ?? brokenError(protocol);
}

function brokenRequest(protocol: Protocol): string | undefined {
  const call = { ...ASKS, protocol: protocol.name };
  const request = protocol.writeCall(call, { base_url: BASE, api_key: 'key' });
  if (protocol.baseOf(new URL(request.url).pathname) !== '/base') return `it writes requests to ${request.url}`;
  const read = protocol.readCall(request);
  if ('refused' in read) return `it turns away its own request: ${read.message}`;
  const same = read.model === call.model && read.messages.at(-1)?.content === call.messages[0]?.content;
  if (!same) return 'it does not read the model and the messages that its own request asks for';
  const streamed = protocol.readCall(protocol.writeCall({ ...call, stream: true }, { base_url: BASE, api_key: 'key' }));
  return 'refused' in streamed || !streamed.stream ? undefined : brokenReply(protocol, true);
}

function brokenReply(protocol: Protocol, stream: boolean): string | undefined {
  const usage = { input: 40, output: 12 };
  const parts: Part[] = [
    { type: 'text-delta', text: ANSWER },
    { type: 'usage', ...usage },
    { type: 'end', reason: 'stop' },
  ];
  const what = stream ? 'its own stream' : 'its own reply';
  const read = gather(heard(protocol, stream, parts));
  if (read.error !== undefined) return `it reads an error in ${what}: ${read.error.message}`;
  if (read.text !== ANSWER || read.end !== 'stop') return `it does not read the text and the end of ${what}`;
  const counted = read.usage === undefined || (read.usage.input === usage.input && read.usage.output === usage.output);
  return counted ? undefined : `it counts other tokens than ${what} told`;
}

function brokenError(protocol: Protocol): string | undefined {
  for (const mode of FAILURES) {
    const [read] = heard(protocol, false, [{ type: 'error', mode, message: 'too bad' }]);
    const found = read?.type === 'error' ? read.mode : 'no error';
    if (found !== mode) return `it says ${mode} and reads ${found}`;
  }
  return undefined;
}

/** What its one end hears of what its other end says. */
function heard(protocol: Protocol, stream: boolean, parts: readonly Part[]): Part[] {
  const encoder = protocol.encoder({ model: ASKS.model, stream }, { id: '0000c0de', atMs: 0 });
  const head = encoder.head(parts[0]);
  const sent = [...parts.flatMap((part) => encoder.push(part)), ...encoder.end()];
  const decoder = protocol.decoder(head, 0);
  return [...sent.flatMap(({ wire }) => decoder.push(wire)), ...decoder.end()].flatMap((frame) => frame.parts);
}
