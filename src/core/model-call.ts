export interface ToolCall {
  id: string;
  name: string;
  /** JSON text, exactly as the model wrote it. */
  arguments: string;
}

/** A picture in a prompt. */
export interface Image {
  /** `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  media_type: string;
  /** Base64; of a picture that the provider is to fetch itself, its URL. */
  data: string;
}

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /** On a `user` message: what it shows beside its words. */
  images?: Image[];
  toolCalls?: ToolCall[];
  /** On a `tool` message: which call it answers. */
  toolCallId?: string;
}

export interface ToolSchema {
  name: string;
  description?: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
}

/** What a request to a model says, whatever protocol it was spoken in. */
export interface CallBody {
  /** The protocol's plugin name, e.g. `openai-chat`. */
  protocol: string;
  model: string;
  messages: Message[];
  /** Those that the reply may call. */
  tools: ToolSchema[];
  /** Names of tools: the reply has to call one of them. */
  mustCall?: string[];
  /** The JSON Schema the reply is asked to follow. */
  responseSchema?: { name: string; schema: Record<string, unknown> };
  maxOutputTokens?: number;
  temperature?: number;
  stream: boolean;
  /** Names of the parameters that were sent beside the conversation, as the protocol calls them. */
  params?: string[];
  /** False: the caller takes one tool call a reply. */
  parallelCalls?: false;
  /** The caller asks to be told what the model thinks. */
  reasoning?: boolean;
  /** What else the caller wishes of the reply's shape, in words that only its protocol knows. */
  wishes?: Readonly<Record<string, string | boolean>>;
}

/** A call as the stand sees it: what was said, and by whom to whom. */
export interface ModelCall extends CallBody {
  /** Unique in a run, in order of arrival: `c1`, `c2` … */
  id: string;
  role: string;
  provider: string;
  ask: number;
  task: string;
  tenant: string;
  /** Counts calls of this ask to this role from 1. */
  attempt: number;
  /** 1 + the assistant turns already in the conversation. */
  turn: number;
  /** The function whose arguments are to be the answer, where that is how a structured one is asked for. */
  answersBy?: string;
}

/** Why a strict provider rejects a request: becomes its own 4xx error reply. */
export interface CallRefused {
  refused: true;
  mode: import('./taxonomy.ts').FailureMode;
  message: string;
  status: number;
  /** The offending field, where the protocol names one. */
  param?: string;
  /** The provider's own word for it, where the failure mode alone does not say it. */
  code?: string;
  /** The model it asked for, as far as it could be read: roles that share a host are told apart by it. */
  model?: string;
}

/** Everything a call says, as one text: messages, tools, schema. */
export function promptText({ messages, tools, responseSchema }: CallBody): string {
  const schemas = [...tools, ...(responseSchema === undefined ? [] : [responseSchema])];
  return [...messages.map((m) => m.content), ...schemas.map((s) => JSON.stringify(s))].join('\n');
}

/** All pictures a call shows. */
export const imagesIn = ({ messages }: Pick<CallBody, 'messages'>): Image[] => messages.flatMap((m) => m.images ?? []);

/** About what a picture counts for, at both providers' usual sizes: a request does not say how large it is. */
export const IMAGE_TOKENS = 1_000;

/** The estimate of all that is sent: words and pictures. */
export const promptTokens = (call: CallBody): number =>
  estimateTokens(promptText(call)) + IMAGE_TOKENS * imagesIn(call).length;

/** The estimate used wherever the wire gives no count. */
export const CHARACTERS_A_TOKEN = 4;
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}
