// What the language itself gives, and what this process records with. Taken before any code of a target runs.
const { getOwnPropertyDescriptor, is } = Object;
const { ownKeys } = Reflect;

const HOLDERS: readonly (readonly [name: string, holder: object])[] = [
  ['Object', Object],
  ['Object.prototype', Object.prototype],
  ['Function.prototype', Function.prototype],
  ['Array', Array],
  ['Array.prototype', Array.prototype],
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
  ['Uint8Array.prototype', Object.getPrototypeOf(Uint8Array.prototype)],
  ['EventTarget.prototype', EventTarget.prototype],
  ['AbortSignal.prototype', AbortSignal.prototype],
  ['AbortController.prototype', AbortController.prototype],
];

/** Where a key that was not there makes every object another: one more method of an Array changes nothing. */
const CLOSED: object = Object.prototype;

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
      for (let k = 0; k < keys.length; k++) {
        const entry = keys[k];
        if (entry === undefined) continue;
        const now = getOwnPropertyDescriptor(holder, entry.key);
        if (now === undefined || !is(now.value, entry.was?.value) || now.get !== entry.was?.get)
          return nameOf(name, entry.key);
      }
      const more = holder === CLOSED ? ownKeys(holder) : [];
      if (more.length > keys.length) return nameOf(name, more[more.length - 1]);
    }
    return undefined;
  };
}

const nameOf = (holder: string, key: string | symbol | undefined) =>
  typeof key === 'string' ? `${holder}.${key}` : holder;
