import { z } from 'zod';
import { bodyOf } from './cassette-body.ts';
import { HOUR_MS, whole } from './numbers.ts';

/** Recorded replies of true providers to the calls of one golden task: `fixtures/replies/<workflow>/<task>.yaml`. */

export const CASSETTE_SCHEMA = 'drill.cassette/1';

const name = z.string().min(1).max(200);
/** No control characters: a line break in a header would begin another. */
const headerValue = z
  .string()
  .max(8000)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what may not stand there.
  .regex(/^[^\u0000-\u0008\u000a-\u001f\u007f]*$/, 'a header has no control characters');
const headerName = z
  .string()
  .max(200)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'this is no name of a header');

const RecordedMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  images: z.array(z.strictObject({ media_type: z.string(), sha256: z.string() })).optional(),
  tool_calls: z.array(z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  tool_call_id: z.string().optional(),
});

/** What a call says, without headers, keys, and ids that are others in every run. By this a reply is found again. */
export const RecordedRequest = z.strictObject({
  role: name,
  protocol: name,
  model: z.string().max(200),
  stream: z.boolean(),
  max_output_tokens: z.number().optional(),
  temperature: z.number().optional(),
  reasoning: z.boolean().optional(),
  parallel_calls: z.literal(false).optional(),
  wishes: z.record(z.string(), z.union([z.string(), z.boolean()])).optional(),
  messages: z.array(RecordedMessage),
  tools: z
    .array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        parameters: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
  must_call: z.array(z.string()).optional(),
  response_schema: z.strictObject({ name: z.string(), schema: z.record(z.string(), z.unknown()) }).optional(),
});
export type RecordedRequest = z.infer<typeof RecordedRequest>;

export const RecordedReply = z
  .strictObject({
    status: whole(200, 599),
    headers: z.array(z.tuple([headerName, headerValue])).max(100),
    framing: z.enum(['length', 'chunked', 'close']),
    head_ms: whole(0, HOUR_MS).describe('milliseconds from the call to the head of its reply'),
    chunks: z
      .array(z.tuple([whole(0, HOUR_MS), whole(0, 10_000_000)]))
      .describe('of each chunk, in order: milliseconds since the head, and its bytes'),
    crlf: z.literal(true).optional().describe('each line of `text` ends with CR LF'),
    text: z.string().optional().describe('the body, where it is text'),
    base64: z.base64().optional().describe('the body, where it is not'),
  })
  .refine(
    ({ text, base64 }) => (text === undefined) !== (base64 === undefined),
    'a reply has either `text` or `base64`',
  )
  .refine(({ chunks }) => chunks.every(([ms], i) => ms >= (chunks[i - 1]?.[0] ?? 0)), {
    message: 'a chunk comes before the one above it',
    path: ['chunks'],
  })
  .refine((reply) => reply.chunks.reduce((sum, [, bytes]) => sum + bytes, 0) === bodyOf(reply).length, {
    message: 'the bytes of its chunks are not those of its body',
    path: ['chunks'],
  });
export type RecordedReply = z.infer<typeof RecordedReply>;

/** One call and its reply. */
export const Take = z.strictObject({
  request: RecordedRequest,
  reply: RecordedReply,
  about: z.strictObject({
    provider: name,
    recorded: z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a day is written as 2026-11-30'),
    drill: z.string().describe('the version of failover-drill that recorded it'),
    client: z.string().optional().describe('the user agent of whoever asked'),
    api: z.record(z.string(), z.string()).optional().describe('what the request said of the version of the API'),
    drills: z.array(name).min(1).describe('the drills that asked for it'),
  }),
});
export type Take = z.infer<typeof Take>;

export const Cassette = z.strictObject({
  schema: z.literal(CASSETTE_SCHEMA),
  workflow: z.string(),
  task: z.string(),
  takes: z.array(Take).max(10_000),
});
export type Cassette = z.infer<typeof Cassette>;

/** What of a recording is told of a run in which it may be asked for. */
export const RecordingRef = z.strictObject({
  /** Where it stands: the task, and its place in the file from 1. */
  id: z.string(),
  task: z.string(),
  role: z.string(),
  recorded: z.string(),
});
export type RecordingRef = z.infer<typeof RecordingRef>;
