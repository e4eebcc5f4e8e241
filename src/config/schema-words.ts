import { z } from 'zod';
import { once } from '../core/once.ts';

/** A piece of JSON Schema, as zod writes it. */
export type Piece = z.core.JSONSchema.BaseSchema;

/** Written once a schema: a file with a thousand slips asks for it a thousand times. */
export const jsonSchemaOf = once(
  (schema: z.ZodType): Piece => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
);

/** The pieces that could describe the value at a path: several where there is a choice. */
export function piecesAt(root: Piece, path: readonly PropertyKey[]): Piece[] {
  let here = choices(root);
  for (const step of path) here = here.flatMap((piece) => below(piece, step)).flatMap(choices);
  return here;
}

/** Every key a mapping at a path may have. */
export function keysOf(root: Piece, path: readonly PropertyKey[]): string[] {
  return [...new Set(piecesAt(root, path).flatMap((piece) => Object.keys(piece.properties ?? {})))];
}

function choices(piece: Piece): Piece[] {
  const options = [...(piece.anyOf ?? []), ...(piece.oneOf ?? [])].filter(isPiece);
  if (options.length > 0) return options.flatMap(choices);
  return Array.isArray(piece.type) ? piece.type.map((type) => ({ ...piece, type })) : [piece];
}

function below(piece: Piece, step: PropertyKey): Piece[] {
  const items = Array.isArray(piece.items) ? piece.items[Number(step)] : piece.items;
  const next = typeof step === 'number' ? items : (piece.properties?.[String(step)] ?? piece.additionalProperties);
  return isPiece(next) ? [next] : [];
}

const isPiece = (value: unknown): value is Piece => typeof value === 'object' && value !== null;

/** What a value must be, in a few words: `a whole number, 1 to 50`. */
export function wordsOf(piece: Piece): string {
  const options = choices(piece);
  if (options.length > 1) return [...new Set(options.map(wordsOf))].join(', or ');
  if (piece.enum !== undefined) return `one of ${piece.enum.join(', ')}`;
  if (piece.const !== undefined) return JSON.stringify(piece.const);
  if (piece.type === 'integer') return `a whole number${range(piece.minimum, piece.maximum)}`;
  if (piece.type === 'number') return `a number${range(piece.minimum, piece.maximum)}`;
  if (piece.type === 'boolean') return 'true or false';
  if (piece.type === 'string') return piece.format === 'uri' ? 'an address (URL)' : `text${lengthOf(piece)}`;
  if (piece.type === 'array') {
    const size = range(piece.minItems, piece.maxItems).slice(1);
    return isPiece(piece.items) ? `a list of${size}: ${wordsOf(piece.items)}` : 'a list';
  }
  if (piece.type === 'null') return 'null';
  const keys = Object.keys(piece.properties ?? {});
  if (keys.length > 0) return `a mapping with ${keys.join(', ')}`;
  return piece.type === 'object' ? 'a mapping' : 'any value';
}

function range(low: number | undefined, high: number | undefined): string {
  const from = low === undefined || low <= Number.MIN_SAFE_INTEGER ? undefined : low;
  const to = high === undefined || high >= Number.MAX_SAFE_INTEGER ? undefined : high;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (from !== undefined) return `, ${from} or more`;
  return to === undefined ? '' : `, ${to} or less`;
}

function lengthOf(piece: Piece): string {
  return piece.maxLength === undefined ? '' : ` of at most ${piece.maxLength} characters`;
}
