import type { CallRefused } from '../../core/model-call.ts';
import type { Protocol, Stamp } from '../../core/protocol.ts';
import type { Headers } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';
import type { openaiErrors } from '../openai-errors.ts';
import type { Complaint } from '../request.ts';

/** What a body and every event of a stream begin with; `created` in seconds since the Unix epoch. */
export interface About {
  id: string;
  object: string;
  created: number;
  model: string;
}

/** A body or an event as OpenAI would say it. */
export interface ChatBody extends About {
  choices: ChatChoice[];
  usage?: object | null;
  [more: string]: unknown;
}

export interface ChatChoice {
  index: number;
  message?: Json;
  delta?: Json;
  logprobs: null;
  finish_reason: string | null;
}

/** Why a request is turned away, in a provider's own words. */
export type Refusal = Pick<CallRefused, 'message'> & Partial<Omit<CallRefused, 'refused' | 'model'>>;

type Common = 'summary' | 'example' | 'api';
type Own = 'path' | 'serves' | 'keyHeader' | 'keyEnvs' | 'rules' | 'keeps';

/** What a server of Chat Completions does otherwise than OpenAI. Whatever is left out is as there. */
export interface Dialect extends Pick<Protocol, Common>, Partial<Pick<Protocol, Own>> {
  errors: ReturnType<typeof openaiErrors>;

  // Of requests.
  /** The only parameter by which it limits its output. */
  limit?: 'max_tokens';
  /** Names of parameters that it does not know and does not bear. */
  foreign?: readonly string[];
  complain?(complaint: Complaint): Refusal;
  /** What is wrong with the URL of a call. */
  wrongUrl?(url: URL): Refusal | undefined;
  /** The model a URL names, for a body that names none. */
  modelIn?(url: URL): string | undefined;
  /** Where a model is called, at a base URL without a slash at its end. */
  urlOf?(base: string, model: string): string;

  // Of replies.
  idOf?(stamp: Stamp): string;
  headers?(stamp: Stamp): Headers;
  /** The field in which it tells its thoughts, to those who ask for them. */
  thoughts?: 'reasoning' | 'reasoning_content';
  /** An id of a tool call as it would make it. */
  callId?(id: string): string;
  /** It tells tool calls whole, all in one event. */
  wholeCalls?: true;
  /** It tells the usage of every stream: in an event after the end, or in that of the end. */
  usage?: 'after the end' | 'with the end';
  /** What its streams begin with. */
  begins?: readonly string[];
  /** They have no event of their own for the role. */
  bare?: true;
  /** Its own body or event. */
  dress?(said: ChatBody): object;
  /** The events of an error inside a stream. */
  failure?(error: object, about: About): string[];
  /** A whole event that says nothing; `none` where it never sends any. */
  idle?: string | 'none';
}

/** An event of a stream. */
export const eventOf = (said: object): string => `data: ${JSON.stringify(said)}\n\n`;

/** Every word there is for the wish to be told the model's thoughts. */
export function asksForThoughts(body: Json): boolean {
  const { reasoning, reasoning_effort: effort, include_reasoning, chat_template_kwargs: template } = body;
  if (isRecord(reasoning)) return reasoning['exclude'] !== true && reasoning['enabled'] !== false;
  const thinks = isRecord(template) && (template['enable_thinking'] === true || template['thinking'] === true);
  return thinks || include_reasoning === true || (typeof effort === 'string' && effort !== 'none');
}

/** The tokens alone, where a server has no details of them. */
export function plainUsage(usage: ChatBody['usage']): object {
  if (!isRecord(usage)) return {};
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  return { usage: { prompt_tokens, completion_tokens, total_tokens } };
}

/** An object without what it has nothing to say of. */
export const withoutNulls = (said: Json): Json =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
