import type { CallBody } from '../../core/model-call.ts';
import { isRecord, type Json, parseJson } from '../../text/json.ts';
import { asList, asRecord } from '../json.ts';

/** Fields that a reply repeats as they were asked, with what stands there where nothing was asked. */
const ECHOED: Json = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: true,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
};

/** Asked of the reply, and not repeated in it. */
const ASKED_ONLY = ['include'];

/** What a request asks of its reply beside the answer: the wish by which the encoder knows it. */
export function wishesIn(body: Json): { wishes: { asked: string } } {
  const names = [...Object.keys(ECHOED), ...ASKED_ONLY].filter((name) => body[name] != null);
  return { wishes: { asked: JSON.stringify(Object.fromEntries(names.map((name) => [name, body[name]]))) } };
}

export function askedIn({ wishes }: Pick<CallBody, 'wishes'>): Json {
  const { asked } = wishes ?? {};
  return asRecord(typeof asked === 'string' ? parseJson(asked) : undefined);
}

/** The caller wants to read what the model thinks, in short. */
export function wantsSummary(asked: Json): boolean {
  const { summary, generate_summary } = asRecord(asked['reasoning']);
  return typeof (summary ?? generate_summary) === 'string';
}

/** The caller keeps the model's thoughts itself, sealed. */
export const wantsSealed = (asked: Json): boolean => asList(asked['include']).includes('reasoning.encrypted_content');

/** The fields of a reply that are the request's. */
export function echoOf(asked: Json): Json {
  const fields = Object.entries(ECHOED).map(([name, usual]) => {
    const said = asked[name] ?? usual;
    return [name, isRecord(said) && isRecord(usual) ? { ...usual, ...said } : said];
  });
  const { service_tier: tier, tools, ...rest } = Object.fromEntries(fields);
  return { ...rest, service_tier: tier === 'auto' ? 'default' : tier, tools: asList(tools).map(asTold) };
}

/** A function is strict unless it says otherwise. */
const asTold = (tool: unknown): unknown =>
  asRecord(tool)['type'] === 'function' ? { description: null, strict: true, ...asRecord(tool) } : tool;
