// What the language itself gives, and what this process records with. Taken before any code of a target runs.
const { getOwnPropertyDescriptor, getPrototypeOf, is } = Object;
const { ownKeys } = Reflect;

const proto = (thing: object): object => getPrototypeOf(thing);
const generator = (function* () {})();
const asyncGenerator = (async function* () {})();

const HOLDERS: readonly (readonly [name: string, holder: object])[] = [
  ['Object', Object],
  ['Object.prototype', Object.prototype],
  ['Function.prototype', Function.prototype],
  ['Array', Array],
  ['Array.prototype', Array.prototype],
  ['String', String],
  ['String.prototype', String.prototype],
  ['Number', Number],
  ['Number.prototype', Number.prototype],
  ['RegExp.prototype', RegExp.prototype],
  ['Map.prototype', Map.prototype],
  ['Set.prototype', Set.prototype],
  ['WeakMap.prototype', WeakMap.prototype],
  ['Promise', Promise],
  ['Promise.prototype', Promise.prototype],
  ['Reflect', Reflect],
  ['JSON', JSON],
  ['Math', Math],
  ['Error.prototype', Error.prototype],
  ['Buffer', Buffer],
  ['Buffer.prototype', Buffer.prototype],
  ['Uint8Array', proto(Uint8Array)],
  ['Uint8Array.prototype', proto(Uint8Array.prototype)],
  ['TextEncoder.prototype', TextEncoder.prototype],
  ['TextDecoder.prototype', TextDecoder.prototype],
  ['URL.prototype', URL.prototype],
  ['URLSearchParams.prototype', URLSearchParams.prototype],
  ['EventTarget.prototype', EventTarget.prototype],
  ['AbortSignal.prototype', AbortSignal.prototype],
  ['AbortController.prototype', AbortController.prototype],
  // Every loop, spread and destructuring uses one of these; the language gives no global name to them.
  ['Array Iterator', proto([].values())],
  ['Map Iterator', proto(new Map().values())],
  ['Set Iterator', proto(new Set().values())],
  ['String Iterator', proto(''[Symbol.iterator]())],
  ['RegExp String Iterator', proto(''.matchAll(/./g))],
  ['Iterator', proto(proto([].values()))],
  ['Generator', proto(proto(generator))],
  ['AsyncGenerator', proto(proto(asyncGenerator))],
  ['AsyncIterator', proto(proto(proto(asyncGenerator)))],
];

/**
 * Whether a new key changes how every object below the holder behaves. One more method of Array.prototype does not; `toJSON`,
 * `then`, an index or a symbol does, because JSON, `await`, holes and `concat` look there.
 */
function isTelling(holder: object, key: string | symbol): boolean {
  if (holder === Object.prototype) return true;
  const asked = typeof key === 'symbol' || key === 'toJSON' || key === 'then' || `${+key >>> 0}` === key;
  return holder === Array.prototype && asked;
}

/** Remembers what there is, and says later which of it is another: `Array.prototype.filter`. Undefined where nothing is. */
export function watchIntrinsics(): () => string | undefined {
  const before = HOLDERS.map(([name, holder]) => ({
    name,
    holder,
    keys: ownKeys(holder).map((key) => ({ key, was: getOwnPropertyDescriptor(holder, key) })),
  }));
  // Nothing here may rest on what a target can have changed: no methods, no iterators.
  return () => {
    for (let h = 0; h < before.length; h++) {
      const one = before[h];
      if (one === undefined) continue;
      const { name, holder, keys } = one;
      // First what was added: an index also changes the length, which would be named in its place.
      const all = ownKeys(holder);
      for (let k = 0; k < all.length; k++) {
        const key = all[k];
        if (key !== undefined && isTelling(holder, key) && !has(keys, key)) return nameOf(name, key);
      }
      for (let k = 0; k < keys.length; k++) {
        const entry = keys[k];
        if (entry === undefined) continue;
        const now = getOwnPropertyDescriptor(holder, entry.key);
        if (now === undefined || !is(now.value, entry.was?.value) || now.get !== entry.was?.get)
          return nameOf(name, entry.key);
      }
    }
    return undefined;
  };
}

function has(keys: readonly { key: string | symbol }[], key: string | symbol): boolean {
  for (let k = 0; k < keys.length; k++) if (keys[k]?.key === key) return true;
  return false;
}

const nameOf = (holder: string, key: string | symbol | undefined) =>
  typeof key === 'string' ? `${holder}.${key}` : holder;
