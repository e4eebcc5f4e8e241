import { z } from 'zod';

/** The first 16 hex digits of a SHA-256, of what is kept and not of what was said: a secret that was taken out is not in it. */
const id = z.string().regex(/^[0-9a-f]{16}$/);
const text = z.string();
const cut = z.number().int().optional().describe('it was longer: so many characters of JSON');
const AskedFor = z.object({ name: text, arguments: text.describe('JSON text, as the model wrote it') });

/** A message of a request. */
export const SaidMessage = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: text,
  tool_calls: z.array(AskedFor).optional(),
  answers: text.optional().describe('of a tool: the id of the call that it answers'),
  images: z.array(text).optional().describe('their kinds'),
});
export type SaidMessage = z.infer<typeof SaidMessage>;

/** A reply as it went out, as far as it did. */
export const SaidReply = z.object({
  text: text.optional(),
  refusal: text.optional(),
  tool_calls: z.array(AskedFor).optional(),
  error: z.object({ mode: text, message: text }).optional(),
  end: text.optional().describe('why it ended; absent where it broke off'),
});
export type SaidReply = z.infer<typeof SaidReply>;

const ofCall = { call: text, drill: text, phase: text, ask: z.number().int() };

/**
 * A line of `bodies.jsonl`: a thing that was said, once in a file, or which of them a call sent or got, by their ids. They are
 * for people to read: no verdict rests on them, and a run without them is as good.
 */
export const BodyLine = z.union([
  // Most are of a call, and the first that fits is taken.
  z.object({
    ...ofCall,
    sent: z.object({ model: text, messages: z.array(id), tools: z.array(id), schema: id.nullable() }),
  }),
  z.object({ ...ofCall, came: id }),
  z.object({ body: id, message: SaidMessage, cut }),
  z.object({ body: id, reply: SaidReply, cut }),
  z.object({ body: id, tool: z.record(text, z.unknown()), cut }),
  z.object({ body: id, schema: z.unknown(), cut }),
  z.object({ full: z.number().int().describe('bytes: more was said, and is not here') }),
]);
export type BodyLine = z.infer<typeof BodyLine>;
