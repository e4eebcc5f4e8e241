import type { Kind } from './sdk-reactions.fixture.ts';

/**
 * What the SDKs were seen to do over sockets, at the versions in the lockfile: by trial, then by SDK or surface (the
 * longer name counts), as the words of a cell; of two, the second is the stream's. A surface that is not named was not
 * looked at.
 */
export type Facts = Readonly<
  Record<string, Readonly<Record<string, string | readonly [whole: string, stream: string]>>>
>;

/** The AI SDK throws where nobody streams, and tells an error beside the text where somebody does. */
const aiThrows = (attempts: number, error: string) =>
  [`${attempts}× ${error}`, `${attempts}× no text, error part ${error}`] as const;

const [CHAT, CHAT_STREAM, CHAT_HELPER] = ['openai: chat', 'openai: chat, stream', 'openai: chat, .stream()'];
const [RESPONSES, RESPONSES_STREAM] = ['openai: responses', 'openai: responses, stream'];
const RESPONSES_HELPER = 'openai: responses, .stream()';
const CLAUDE = '@anthropic-ai/sdk';
const [CLAUDE_STREAM, CLAUDE_HELPER] = [`${CLAUDE}: messages, stream`, `${CLAUDE}: messages, .stream()`];
const GENAI = '@google/genai';
const [AI, AI_OPENAI, AI_CHAT] = ['AI SDK', 'AI SDK: openai', 'AI SDK: openai.chat'];
const [AI_CLAUDE, AI_GOOGLE] = ['AI SDK: anthropic', 'AI SDK: google'];
const [LC_OPENAI, LC_CLAUDE] = ['LangChain: ChatOpenAI', 'LangChain: ChatAnthropic'];
const LC_GOOGLE = 'LangChain: ChatGoogleGenerativeAI';

const LC_CUT = '1× part, then GoogleGenerativeAIError + unhandled GoogleGenerativeAIError';

/** Attempts, error class and outcome. */
export const FACTS: Facts = {
  'rate-limited retry_after_as=absent': {
    openai: '3× RateLimitError',
    [CLAUDE]: '3× RateLimitError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(3, 'RetryError'),
    [LC_OPENAI]: '1× RateLimitError/RateLimitCapacityError',
    [LC_CLAUDE]: '1× RateLimitError/RateLimitCapacityError',
    [LC_GOOGLE]: '1× GoogleGenerativeAIFetchError/RateLimitCapacityError',
  },
  'rate-limited retry_after_ms=2000': {
    openai: '3× RateLimitError',
    [CLAUDE]: '3× RateLimitError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(3, 'RetryError'),
    // "Still retrying after 80 s" where it was watched for so long: it ends with the seventh.
    [LC_OPENAI]: '7× RateLimitError',
    [LC_CLAUDE]: '7× RateLimitError',
    [LC_GOOGLE]: '1× GoogleGenerativeAIFetchError/RateLimitCapacityError',
  },
  'server-error status=500': {
    openai: '3× InternalServerError',
    [CLAUDE]: '3× InternalServerError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(3, 'RetryError'),
    [LC_OPENAI]: '7× InternalServerError',
    [LC_CLAUDE]: '7× InternalServerError',
    [LC_GOOGLE]: '7× GoogleGenerativeAIFetchError',
  },
  'overloaded status=529': {
    openai: '3× InternalServerError',
    [CLAUDE]: '3× OverloadedError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(3, 'RetryError'),
    [LC_OPENAI]: '7× InternalServerError',
    [LC_CLAUDE]: '7× InternalServerError',
    [LC_GOOGLE]: '7× GoogleGenerativeAIFetchError',
  },
  'quota-exhausted': {
    openai: '3× RateLimitError',
    // A 402, which is not retried; it is the spend limit, a 429, that is.
    [CLAUDE]: '1× PaymentRequiredError',
    [GENAI]: '1× ApiError',
    [AI_OPENAI]: aiThrows(3, 'RetryError'),
    [AI_CHAT]: aiThrows(3, 'RetryError'),
    [AI_CLAUDE]: aiThrows(1, 'APICallError'),
    [AI_GOOGLE]: aiThrows(3, 'RetryError'),
    [LC_OPENAI]: '1× RateLimitError/InsufficientQuotaError',
    [LC_GOOGLE]: '1× GoogleGenerativeAIFetchError/RateLimitQuotaExhaustedError',
  },
  'connection-refused': {
    openai: '3× APIConnectionError',
    [CLAUDE]: '3× APIConnectionError',
    [GENAI]: '1× TypeError',
    [AI]: aiThrows(3, 'RetryError'),
    [LC_OPENAI]: '7× APIConnectionError',
    [LC_CLAUDE]: '7× APIConnectionError',
    [LC_GOOGLE]: '7× GoogleGenerativeAIError',
  },
  // A list of answers with nothing in it.
  'odd-success how=no-answer': {
    [CHAT]: '1× no text',
    [RESPONSES]: '1× no text, completed',
    [CLAUDE]: '1× no text, end_turn',
    [GENAI]: '1× no text',
    [AI_OPENAI]: '1× no text, stop',
    [AI_CHAT]: '1× InvalidResponseDataError',
    [AI_CLAUDE]: '1× no text, stop',
    [AI_GOOGLE]: '1× no text, other',
    [LC_OPENAI]: '1× TypeError',
    [LC_CLAUDE]: '1× no text, end_turn',
    [LC_GOOGLE]: '1× EmptyContentError',
  },
  'connection-reset': {
    openai: '3× APIConnectionError',
    [CLAUDE]: '3× APIConnectionError',
    [GENAI]: '1× TypeError',
    [AI]: aiThrows(3, 'RetryError'),
    [LC_OPENAI]: '7× APIConnectionError',
    [LC_CLAUDE]: '7× APIConnectionError',
    [LC_GOOGLE]: '7× GoogleGenerativeAIError',
  },
  hang: {
    openai: '3× APIConnectionTimeoutError',
    [CLAUDE]: '3× APIConnectionTimeoutError',
    [GENAI]: '1× DOMException/AbortError',
    [AI]: ['1× DOMException/TimeoutError', '1× no text, abort part'],
    [LC_OPENAI]: '7× Error/TimeoutError',
    [LC_CLAUDE]: '7× APIConnectionTimeoutError',
    // Over sockets it resolved, as the reply came after 3 s: `invoke` does not heed the signal. This reply never comes, and
    // Node's own 300 s end each of its attempts.
    [LC_GOOGLE]: ['7× GoogleGenerativeAIError', '1× DOMException/TimeoutError'],
  },
  // A body that stands still for longer than the client's second.
  'stall after_pieces=3 for_ms=2000': {
    [CHAT]: '1× whole, stop',
    [CHAT_STREAM]: '1× whole, stop',
    [CHAT_HELPER]: '1× whole, stop',
    [RESPONSES]: '1× whole, completed',
    [RESPONSES_STREAM]: '1× whole, completed',
    [RESPONSES_HELPER]: '1× whole, completed',
    [CLAUDE]: '1× whole, end_turn',
    [GENAI]: ['1× DOMException/AbortError', '1× part, then DOMException/AbortError'],
    [AI]: ['1× DOMException/TimeoutError', '1× part, abort part'],
    [LC_OPENAI]: '1× whole, stop',
    [LC_CLAUDE]: '1× whole, end_turn',
    [LC_GOOGLE]: ['1× whole, STOP', '1× part, then DOMException/TimeoutError + unhandled GoogleGenerativeAIError'],
  },
  'broken-stream how=cut by=reset': {
    [CHAT_STREAM]: '1× part, then TypeError',
    [CHAT_HELPER]: '1× part, then OpenAIError',
    [RESPONSES_STREAM]: '1× part, then TypeError',
    [RESPONSES_HELPER]: '1× part, then OpenAIError',
    [CLAUDE_STREAM]: '1× part, then TypeError',
    [CLAUDE_HELPER]: '1× part, then AnthropicError',
    [GENAI]: '1× part, then TypeError',
    [AI]: '1× part, then APICallError',
    [LC_OPENAI]: '1× part, then TypeError',
    [LC_CLAUDE]: '1× part, then TypeError',
    [LC_GOOGLE]: LC_CUT,
  },
  'broken-stream how=cut by=closed': {
    [CHAT_STREAM]: '1× part, then TypeError',
    [CHAT_HELPER]: '1× part, then OpenAIError',
    [RESPONSES_STREAM]: '1× part, then TypeError',
    [RESPONSES_HELPER]: '1× part, then OpenAIError',
    [CLAUDE_STREAM]: '1× part, then TypeError',
    [CLAUDE_HELPER]: '1× part, then AnthropicError',
    [GENAI]: '1× part, then TypeError',
    [AI]: '1× part, then APICallError',
    [LC_OPENAI]: '1× part, then TypeError',
    [LC_CLAUDE]: '1× part, then TypeError',
    [LC_GOOGLE]: LC_CUT,
  },
  'broken-stream how=cut by=end': {
    [CHAT_STREAM]: '1× part',
    [CHAT_HELPER]: '1× part, then OpenAIError',
    [RESPONSES_STREAM]: '1× part, in_progress',
    [RESPONSES_HELPER]: '1× part, in_progress',
    [CLAUDE_STREAM]: '1× part',
    [CLAUDE_HELPER]: '1× part, then AnthropicError',
    [GENAI]: '1× part',
    [AI]: '1× part, other',
    [LC_OPENAI]: '1× part',
    [LC_CLAUDE]: '1× part',
    [LC_GOOGLE]: '1× part',
  },
  // Where an event of its own says the end; the others are cut above.
  'broken-stream how=no-terminator': {
    [CHAT_STREAM]: '1× whole, stop',
    [CHAT_HELPER]: '1× whole, stop',
    [CLAUDE_STREAM]: '1× whole, end_turn',
    [CLAUDE_HELPER]: '1× whole, then AnthropicError',
    [AI_CHAT]: '1× whole, stop',
    [AI_CLAUDE]: '1× whole, other',
    [LC_OPENAI]: '1× whole, stop',
    [LC_CLAUDE]: '1× whole, end_turn',
  },
  'broken-stream how=malformed-event': {
    [CHAT_STREAM]: '1× part, then SyntaxError',
    [CHAT_HELPER]: '1× part, then OpenAIError',
    [RESPONSES_STREAM]: '1× part, then SyntaxError',
    [RESPONSES_HELPER]: '1× part, then OpenAIError',
    [CLAUDE_STREAM]: '1× part, then SyntaxError',
    [CLAUDE_HELPER]: '1× part, then AnthropicError',
    [GENAI]: '1× part, then SyntaxError',
    // The text goes on, with a hole.
    [AI_OPENAI]: '1× other text, error, error part JSONParseError',
    [AI_CHAT]: '1× other text, stop, error part JSONParseError',
    [AI_CLAUDE]: '1× other text, stop, error part JSONParseError',
    [AI_GOOGLE]: '1× other text, stop, error part JSONParseError',
    [LC_OPENAI]: '1× part, then SyntaxError',
    [LC_CLAUDE]: '1× part, then SyntaxError',
    [LC_GOOGLE]: LC_CUT,
  },
  'broken-stream how=error after_pieces=1': {
    [CHAT_STREAM]: '1× part, then APIError',
    [CHAT_HELPER]: '1× part, then APIError',
    [RESPONSES_STREAM]: '1× part, error event server_is_overloaded',
    [RESPONSES_HELPER]: '1× part, then Object',
    [CLAUDE_STREAM]: '1× part, then APIError',
    [CLAUDE_HELPER]: '1× part, then APIError',
    [GENAI]: '1× part, then ApiError',
    [AI]: '1× part, error, error part Object',
    [AI_GOOGLE]: '1× part, error, error part APICallError',
    [LC_OPENAI]: '1× part, then APIError',
    [LC_CLAUDE]: '1× part, then APIError',
    [LC_GOOGLE]: '1× part',
  },
  'broken-stream how=error after_pieces=0': {
    [CHAT_STREAM]: '1× APIError',
    [CHAT_HELPER]: '1× APIError',
    [RESPONSES_STREAM]: '1× no text, error event server_is_overloaded',
    // "As midway", where the response was created before; as the first event of all, it is not what the helper waits for.
    [RESPONSES_HELPER]: '1× OpenAIError',
    [CLAUDE_STREAM]: '1× APIError',
    [CLAUDE_HELPER]: '1× APIError',
    [GENAI]: '1× ApiError',
    [AI]: '3× no text, error part RetryError',
    [AI_GOOGLE]: '1× no text, error, error part APICallError',
    [LC_OPENAI]: '1× APIError',
    [LC_CLAUDE]: '1× APIError',
  },
  'odd-success how=html': {
    [CHAT]: '1× string',
    [CHAT_STREAM]: '1× no text',
    [CHAT_HELPER]: '1× OpenAIError',
    [RESPONSES]: '1× TypeError',
    [RESPONSES_STREAM]: '1× no text',
    [RESPONSES_HELPER]: '1× OpenAIError',
    [CLAUDE]: ['1× string', '1× no text'],
    [CLAUDE_HELPER]: '1× AnthropicError',
    [GENAI]: ['1× SyntaxError', '1× Error'],
    [AI]: ['1× APICallError', '1× no text, other'],
    [AI_CLAUDE]: ['1× APICallError', '1× no text, error part NoOutputGeneratedError'],
    [LC_OPENAI]: ['1× TypeError', '1× no text'],
    [LC_CLAUDE]: ['1× TypeError', '1× no text'],
    [LC_GOOGLE]: ['7× SyntaxError', '1× GoogleGenerativeAIError + unhandled GoogleGenerativeAIError'],
  },
  'odd-success how=error-object': {
    [CHAT]: ['1× no text', ''],
    [CLAUDE]: ['1× no text', ''],
    [GENAI]: ['1× no text', ''],
  },
  'odd-success how=empty': {
    [CHAT]: '1× undefined',
    [CHAT_STREAM]: '1× no text',
    [CHAT_HELPER]: '1× OpenAIError',
    [RESPONSES]: '1× TypeError',
    [RESPONSES_STREAM]: '1× no text',
    [RESPONSES_HELPER]: '1× OpenAIError',
    [CLAUDE]: ['1× undefined', '1× no text'],
    [CLAUDE_HELPER]: '1× AnthropicError',
    [GENAI]: ['1× SyntaxError', '1× no text'],
    [AI]: ['1× APICallError', '1× no text, other'],
    [AI_CLAUDE]: ['1× APICallError', '1× no text, error part NoOutputGeneratedError'],
    [LC_OPENAI]: ['', '1× no text'],
    [LC_CLAUDE]: ['', '1× no text'],
    [LC_GOOGLE]: ['', '1× no text'],
  },
  'odd-success how=no-content': {
    [CHAT]: '1× null',
    [CHAT_STREAM]: '1× OpenAIError',
    [CHAT_HELPER]: '1× OpenAIError',
    [RESPONSES]: '1× TypeError',
    [RESPONSES_STREAM]: '1× OpenAIError',
    [RESPONSES_HELPER]: '1× OpenAIError',
    [CLAUDE]: ['1× null', '1× AnthropicError'],
    [GENAI]: ['', '1× Error'],
    [AI]: ['1× APICallError', '1× no text, error part APICallError'],
  },
  // Of a stream the first event alone is broken, which nobody has looked at.
  'malformed-json at_share=0.9': {
    [CHAT]: ['1× SyntaxError', ''],
    [RESPONSES]: ['1× SyntaxError', ''],
    [CLAUDE]: ['1× SyntaxError', ''],
    [GENAI]: ['1× SyntaxError', ''],
    [AI]: ['1× APICallError', ''],
    [LC_OPENAI]: ['7× SyntaxError', ''],
    [LC_CLAUDE]: ['7× SyntaxError', ''],
    [LC_GOOGLE]: ['7× SyntaxError', ''],
  },
  'context-overflow max_input_tokens=100': {
    openai: '1× BadRequestError',
    [CLAUDE]: '1× BadRequestError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(1, 'APICallError'),
    [LC_CLAUDE]: '1× ContextOverflowError',
  },
  'auth-failed': {
    openai: '1× AuthenticationError',
    [CLAUDE]: '1× AuthenticationError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(1, 'APICallError'),
  },
  'model-not-found': {
    openai: '1× NotFoundError',
    [CLAUDE]: '1× NotFoundError',
    [GENAI]: '1× ApiError',
    [AI]: aiThrows(1, 'APICallError'),
  },
  refusal: {
    [AI_OPENAI]: '1× other text, content-filter',
    [AI_CHAT]: '1× other text, content-filter',
    [LC_OPENAI]: '1× no text, stop',
  },
  // Gemini blocks the prompt, at 200 and without a candidate.
  'safety-block as=end': {
    [GENAI]: '1× no text',
    [AI_GOOGLE]: '1× no text, content-filter',
    [LC_GOOGLE]: ['1× EmptyContentError', ''],
  },
};

type Range = readonly [from: number, to: number];

/** Seconds until the end: what the policy of each allows, and not what one run of it drew. */
export const SECONDS: Readonly<Record<string, Readonly<Record<string, Range>>>> = {
  'server-error status=500': {
    // 0.5 s and 1 s, each cut by a quarter at most, beside three round trips.
    openai: [1.1, 1.8],
    [CLAUDE]: [1.1, 1.8],
    [GENAI]: [0, 0.2],
    // 2 s and 4 s, without jitter.
    [AI]: [6, 6.3],
    // 1 s, doubled five times, each times one to two: 72 to 126 s were seen.
    LangChain: [63, 127],
  },
  'rate-limited retry_after_ms=2000': {
    openai: [4, 4.3],
    [CLAUDE]: [4, 4.3],
    // Gemini says it in the body, where the AI SDK does not look; with a header it waits as long as that says.
    [AI]: [4, 6.3],
  },
  hang: {
    openai: [4.1, 4.5],
    [CLAUDE]: [4.1, 4.5],
    [GENAI]: [1, 1],
    [AI]: [1, 1],
    [LC_OPENAI]: [70, 134],
    [LC_CLAUDE]: [70, 134],
  },
  'stall after_pieces=3 for_ms=2000': {
    openai: [2, 3],
    [CLAUDE]: [2, 3],
    [GENAI]: [1, 1],
    [AI]: [1, 1],
  },
};

const SEEN_TO_BREAK = {
  openai: 'error after text',
  [CLAUDE]: 'error after text',
  [GENAI]: 'error after text',
  [AI]: 'error after text',
  LangChain: 'error after text',
} as const;
const UNHARMED = {
  openai: 'rescued',
  [CLAUDE]: 'rescued',
  [GENAI]: 'rescued',
  [AI]: 'rescued',
  LangChain: 'rescued',
} as const;

/** What the reader of a stream is left with, where only the first call is hit. */
export const KINDS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  'broken-stream how=cut by=reset': SEEN_TO_BREAK,
  'broken-stream how=cut by=closed': SEEN_TO_BREAK,
  'broken-stream how=malformed-event': SEEN_TO_BREAK,
  'broken-stream how=cut by=end': {
    openai: 'truncated as success',
    [CHAT_HELPER]: 'error after text',
    [CLAUDE_STREAM]: 'truncated as success',
    [CLAUDE_HELPER]: 'error after text',
    [GENAI]: 'truncated as success',
    [AI]: 'truncated as success',
    LangChain: 'truncated as success',
  },
  'broken-stream how=no-terminator': {
    openai: 'rescued',
    [CLAUDE_STREAM]: 'rescued',
    [CLAUDE_HELPER]: 'error after text',
    [AI]: 'rescued',
    LangChain: 'rescued',
  },
  'broken-stream how=error after_pieces=1': {
    ...SEEN_TO_BREAK,
    [RESPONSES_STREAM]: 'truncated as success',
    [LC_GOOGLE]: 'truncated as success',
  },
  'broken-stream how=error after_pieces=0': {
    openai: 'clean error',
    [RESPONSES_STREAM]: 'empty as success',
    [CLAUDE]: 'clean error',
    [GENAI]: 'clean error',
    [AI]: 'rescued',
    [AI_GOOGLE]: 'clean error',
    LangChain: 'clean error',
    [LC_GOOGLE]: 'empty as success',
  },
  'odd-stream how=bytes': UNHARMED,
  'odd-stream how=comments': { ...UNHARMED, [LC_GOOGLE]: 'clean error' },
  'odd-success how=html': {
    openai: 'empty as success',
    [CHAT_HELPER]: 'clean error',
    [RESPONSES_HELPER]: 'clean error',
    [CLAUDE_STREAM]: 'empty as success',
    [CLAUDE_HELPER]: 'clean error',
    [GENAI]: 'clean error',
    [AI]: 'empty as success',
    [AI_CLAUDE]: 'clean error',
    LangChain: 'empty as success',
    [LC_GOOGLE]: 'clean error',
  },
  'odd-success how=empty': {
    openai: 'empty as success',
    [CHAT_HELPER]: 'clean error',
    [RESPONSES_HELPER]: 'clean error',
    [CLAUDE_STREAM]: 'empty as success',
    [CLAUDE_HELPER]: 'clean error',
    [GENAI]: 'empty as success',
    [AI]: 'empty as success',
    [AI_CLAUDE]: 'clean error',
    LangChain: 'empty as success',
  },
  'odd-success how=no-content': {
    openai: 'clean error',
    [CLAUDE]: 'clean error',
    [GENAI]: 'clean error',
    [AI]: 'clean error',
    LangChain: 'clean error',
  },
  'stall after_pieces=3 for_ms=2000': {
    ...UNHARMED,
    [GENAI]: 'error after text',
    [AI]: 'error after text',
    [LC_GOOGLE]: 'error after text',
  },
  // The client's second does not count once the head is there: 300 s later Node ends it.
  'stall after_pieces=3': {
    openai: 'hung',
    [CLAUDE]: 'hung',
    [GENAI]: 'error after text',
    [AI]: 'error after text',
    LangChain: 'hung',
    [LC_GOOGLE]: 'error after text',
  },
};
