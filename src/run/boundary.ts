import type { Approve, Tools } from '../core/tools.ts';

// Taken before any code of a target runs.
const { parse, stringify } = JSON;

/** A copy that shares nothing with the original, so that neither side can change what the other holds. */
export function copyOf<T>(value: T): T;
export function copyOf(value: unknown): unknown {
  const text: string | undefined = stringify(value);
  return text === undefined ? undefined : parse(text);
}

/** Tools as a target is handed them: what goes in and what comes out are copies, and what is no use of a tool is refused. */
export function toolsAcross(tools: Tools): Tools {
  return {
    schemas: copyOf(tools.schemas),
    async call(name, args, options) {
      const key: unknown = options?.idempotency_key;
      if (typeof name !== 'string')
        throw new TypeError(`tools.call takes the name of a tool first, not ${typeof name}`);
      if (key !== undefined && typeof key !== 'string')
        throw new TypeError(`an idempotency_key is a text, not ${typeof key}`);
      const given = copyOf(args) ?? null;
      return copyOf(await tools.call(name, given, key === undefined ? {} : { idempotency_key: key }));
    },
  };
}

/** The same for whoever approves. */
export function approveAcross(approve: Approve): Approve {
  return async (request) => {
    if (typeof request?.tool !== 'string') throw new TypeError('approve takes { tool, args }: the tool is a name');
    return approve({ tool: request.tool, args: copyOf(request.args) ?? null });
  };
}

/** Characters of JSON, and keys with items, that an outcome may have: no product's answer has more. */
const MOST_CHARACTERS = 1_000_000;
const MOST_ENTRIES = 20_000;

/** What an outcome has too much of, in a sentence that ends in what to do; undefined where it is of a usual size. */
export function excessOf(json: string, entries: number): string | undefined {
  if (json.length > MOST_CHARACTERS)
    return `it is ${megabytes(json.length)} of JSON, and at most ${megabytes(MOST_CHARACTERS)} is read: give what users see, and leave the rest where it is`;
  return entries > MOST_ENTRIES
    ? `it holds ${entries} keys and items, and at most ${MOST_ENTRIES} are read: give what users see, and leave the rest where it is`
    : undefined;
}

const megabytes = (characters: number) => `${(characters / 1e6).toFixed(1)} MB`;

/** How many keys and items a value holds, and whether a part of it has words of its own for what JSON is to say of it. */
export function lookInto(value: unknown): { entries: number; ownWords: boolean } {
  let entries = 0;
  let ownWords = false;
  const open: unknown[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    ownWords ||= 'toJSON' in one;
    for (const inner of Object.values(one)) {
      entries += 1;
      if (typeof inner === 'object' && inner !== null) open.push(inner);
    }
  }
  return { entries, ownWords };
}
