/** A copy of plain data that shares nothing but its texts with the original: through JSON each of them would be made anew. */
export function ownCopy<T>(value: T): T;
export function ownCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => ownCopy(item));
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    const item = copy[key];
    // What is set is the copy's own already, whatever it is called.
    if (typeof item === 'object' && item !== null) copy[key] = ownCopy(item);
  }
  return copy;
}

/** Without what was given as undefined: that is as good as not given. */
export const defined = <T extends object>(given: T) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
