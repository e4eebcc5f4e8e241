/** What a JSON pointer (RFC 6901) points to in a value; undefined where there is nothing. */
export function pointedAt(value: unknown, pointer: string): unknown {
  let here = value;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    here = Object.hasOwn(Object(here), key) ? Reflect.get(Object(here), key) : undefined;
  }
  return here;
}
