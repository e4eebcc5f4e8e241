import { z } from 'zod';

const Sentence = z.string().min(1).max(500);

/** Something a text may say in many words. Judged sentence by sentence; the examples must come out right, or the file is invalid. */
export const Concept = z.strictObject({
  says: z.array(z.string().min(1).max(500)).min(1).max(50).describe('patterns; a sentence with any of them says it'),
  unless: z
    .array(z.string().min(1).max(500))
    .max(50)
    .default([])
    .describe('patterns; a clause with any of them does not say it. Negations and questions are known without'),
  positive: z.array(Sentence).min(3).max(50).describe('sentences that say it'),
  negative: z.array(Sentence).min(3).max(50).describe('sentences that do not'),
});
export type Concept = z.infer<typeof Concept>;
export const Concepts = z.record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'a concept has a snake_case name'), Concept);
export type Concepts = z.infer<typeof Concepts>;
