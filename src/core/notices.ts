import { z } from 'zod';

/** What may stand in a text in place of a value: a typed hole, which no sentence fits into. */
export const Placeholder = z.enum(['tool', 'amount', 'time', 'date', 'number', 'id']);
export type Placeholder = z.infer<typeof Placeholder>;

const MOST_PLACEHOLDERS = 20;
const HOLE = /\{([a-z_]+)\}/g;

/** The placeholders of a text, in their order. */
export const placeholdersIn = (text: string): string[] => [...text.matchAll(HOLE)].map(([, name = '']) => name);

/** A text cut at its placeholders: what stands between them, and their names. */
export function cutAtPlaceholders(text: string): { literals: string[]; holes: Placeholder[] } {
  const pieces = text.split(HOLE);
  const holes = pieces.filter((_, i) => i % 2 === 1);
  return { literals: pieces.filter((_, i) => i % 2 === 0), holes: holes.map((name) => Placeholder.parse(name)) };
}

const ToolName = z
  .string()
  .regex(/^(?:\{tool\}|[a-zA-Z][\w-]{0,63})$/, 'a tool has a name of letters, digits, _ and -');

/** What a text says, whatever its language. What it does not speak of is left out. */
export const Meaning = z.strictObject({
  works: z
    .union([z.literal(true), z.literal('all')])
    .optional()
    .describe('true: something still works; `all`: everything works as usual, which is false on a degraded path'),
  limited: z.literal(true).optional().describe('something is limited for now; false where nothing was'),
  act: z.boolean().optional().describe('true: there is something for the user to do; false: there is nothing to do'),
  saved: z
    .boolean()
    .optional()
    .describe('true: something was kept, which needs kept state or a write that took effect; false: nothing was'),
  done: z
    .union([z.boolean(), ToolName, z.array(ToolName).min(1).max(20)])
    .optional()
    .describe(
      'what was carried out: names of tools, or `{tool}` for those that the text names, whose effects the ledger must hold; true: something was; false: nothing was',
    ),
  told_to: z
    .literal('person')
    .optional()
    .describe('a person has it now; false where the kind of the outcome gives it to nobody'),
  next: z.literal(true).optional().describe('it tells what happens next, or what the user can do then'),
});
export type Meaning = z.infer<typeof Meaning>;

/** One text and what it means, as somebody read it. */
export const Reading = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .max(20_000)
      .describe(
        'a whole text: a notice of one piece, one part of a structured notice, or an answer. `{tool}`, `{amount}`, `{time}`, `{date}`, `{number}` and `{id}` stand for values',
      ),
    means: Meaning.describe('what the text says; what it does not speak of is left out'),
    guess: z
      .literal(true)
      .optional()
      .describe('`drill notices` guessed the meaning: the text counts as unread until somebody removes this mark'),
  })
  .superRefine(({ text, means: { done } }, context) => {
    const tell = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const holes = placeholdersIn(text);
    const strange = holes.find((name) => !Placeholder.options.some((known) => known === name));
    const known = Placeholder.options.map((name) => `{${name}}`).join(' ');
    if (strange !== undefined) tell(['text'], `there is no placeholder {${strange}}; there are ${known}`);
    if (holes.length > MOST_PLACEHOLDERS) tell(['text'], `a text holds at most ${MOST_PLACEHOLDERS} placeholders`);
    const named = [done].flat().includes('{tool}');
    if (named && !holes.includes('tool')) tell(['means', 'done'], 'the text holds no {tool} that was done');
  });
export type Reading = z.infer<typeof Reading>;

/** `notices.yaml`: texts and their meanings. */
export const Notices = z.strictObject({
  notices: z.array(Reading).max(1000).describe('texts and what they mean; a text that fits two of them is an error'),
});
export type Notices = z.infer<typeof Notices>;
