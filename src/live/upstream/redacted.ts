/** A key, and what becomes of it in JSON, in a URL. Shorter ones are words such as `none` that a local server is given. */
const SHORTEST = 8;

/** What stands in the place of a key, as long as the key: a length that was told stays true. */
const maskOf = (length: number): Buffer => Buffer.from('[key removed]'.padEnd(length, '*').slice(0, length));

export function needlesOf(key: string | undefined): Buffer[] {
  if (key === undefined || key.length < SHORTEST) return [];
  const spellings = [key, key.replaceAll('/', '\\/'), encodeURIComponent(key)];
  return [...new Set(spellings)].map((one) => Buffer.from(one));
}

/** Replaces bytes in a stream, wherever its chunks begin and end. */
export interface Replacer {
  /** Bytes of it are kept back as long as they may be the beginning of what is replaced: never as many as that is long. */
  push(chunk: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
  /** Something was replaced. */
  readonly found: boolean;
  /** Something is kept back. */
  readonly midway: boolean;
}

export function createReplacer(needles: readonly Buffer[]): Replacer {
  let held: Uint8Array = new Uint8Array();
  let found = false;
  return {
    get found() {
      return found;
    },
    get midway() {
      return held.length > 0;
    },
    push(chunk) {
      const given = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const { bytes, end } = replaced(given, needles);
      found ||= bytes !== given;
      const keep = beginnings(bytes.subarray(end), needles);
      held = bytes.subarray(bytes.length - keep);
      const out = keep === 0 ? bytes : bytes.subarray(0, bytes.length - keep);
      return out.length > 0 ? [out] : [];
    },
    end() {
      const rest = held;
      held = new Uint8Array();
      return rest.length > 0 ? [rest] : [];
    },
  };
}

/** The same bytes where nothing is to be replaced; `end` is where the last replacement ends. */
function replaced(given: Uint8Array, needles: readonly Buffer[]): { bytes: Uint8Array; end: number } {
  let bytes = given;
  let end = 0;
  for (const needle of needles) {
    const view = () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = view().indexOf(needle); at >= 0; at = view().indexOf(needle, at + needle.length)) {
      if (bytes === given) bytes = Uint8Array.from(given);
      bytes.set(maskOf(needle.length), at);
      end = Math.max(end, at + needle.length);
    }
  }
  return { bytes, end };
}

/** How many bytes at the end are the beginning of a needle. */
function beginnings(bytes: Uint8Array, needles: readonly Buffer[]): number {
  const longest = Math.max(0, ...needles.map(({ length }) => length - 1));
  const tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - longest)));
  for (let keep = tail.length; keep > 0; keep--) {
    const end = tail.subarray(tail.length - keep);
    if (needles.some((needle) => needle.length > keep && needle.subarray(0, keep).equals(end))) return keep;
  }
  return 0;
}

export async function* replacedIn(
  body: AsyncIterable<Uint8Array>,
  needles: readonly Buffer[],
): AsyncIterable<Uint8Array> {
  const replacer = createReplacer(needles);
  try {
    for await (const chunk of body) yield* replacer.push(chunk);
  } catch (error) {
    yield* replacer.end();
    throw error;
  }
  yield* replacer.end();
}

/** A text that is no stream, as a header's value is. */
export function replacedText(text: string, needles: readonly Buffer[]): string {
  const { bytes } = replaced(Buffer.from(text, 'latin1'), needles);
  return Buffer.from(bytes).toString('latin1');
}
