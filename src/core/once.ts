/** Makes what belongs to an object once, for as long as the object lives; `more` is what always comes with it. */
export function once<K extends object, V, A = void>(make: (key: K, more: A) => V): (key: K, more: A) => V {
  const made = new WeakMap<K, V>();
  return (key, more) => entryOf(made, key, () => make(key, more));
}

/** What a map holds under a key. Where it holds nothing yet, it is made and put there. */
export function entryOf<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: (key: K) => V,
): V {
  const before = map.get(key);
  if (before !== undefined) return before;
  const value = make(key);
  map.set(key, value);
  return value;
}

/** Counts one more under a key; gives how many there are now. */
export function countUp<K>(
  counts: { get(key: K): number | undefined; set(key: K, n: number): unknown },
  key: K,
): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

/** So many texts are remembered, and none that is longer. */
const MOST = 512;
const LONGEST = 16_384;

/** The same texts come again and again, an answer in three events, a prompt at every attempt: what was found is kept. */
export const remembering = <V>(find: (text: string) => V): ((text: string) => V) => rememberingBy(itself, find);

const itself = (text: string) => text;

/** The same of things that are equal where their texts are. */
export function rememberingBy<T, V>(textOf: (thing: T) => string, find: (thing: T) => V): (thing: T) => V {
  const known = new Map<string, V>();
  return (thing) => {
    const text = textOf(thing);
    if (text.length > LONGEST) return find(thing);
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = find(thing);
    if (known.size >= MOST) known.clear();
    known.set(text, found);
    return found;
  };
}
