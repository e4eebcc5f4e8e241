import { at, currentPlace, isOurs, type Place, running } from './place.ts';
import { filesOnStack, whoCalled } from './who.ts';

type AnyFunction = (...args: never[]) => unknown;

/**
 * Puts `routed` in the place of `owner[name]`, with what hangs on the original (`util.promisify.custom`) kept where it
 * brings none of its own.
 */
export function route(owner: object, name: string, routed: AnyFunction): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  for (const key of Reflect.ownKeys(original)) {
    const property = Reflect.getOwnPropertyDescriptor(original, key);
    const own = key === 'prototype' || (typeof key === 'symbol' && Object.hasOwn(routed, key));
    if (!own && property !== undefined) Reflect.defineProperty(routed, key, property);
  }
  const before = Reflect.getOwnPropertyDescriptor(owner, name);
  Reflect.defineProperty(owner, name, {
    value: routed,
    writable: true,
    configurable: true,
    enumerable: before?.enumerable ?? true,
  });
}

/**
 * Where the caller of a routed function is. Work with no place while a world runs has lost its store
 * (a queue or pool started before the task): it would run in real time unseen, so each running world is told.
 */
export function placeOf(what: string): Place | undefined {
  const place = currentPlace();
  if (place === undefined && running.size > 0 && !isOurs()) reportLost(what);
  return place;
}

/** Whether a virtual world runs, which is then told who tried to leave it. */
export function refused(what: string): boolean {
  const place = currentPlace();
  if (place !== undefined) place.world.report({ what, by: whoCalled(), fatal: true, scope: place.scope });
  else if (running.size > 0) at(undefined, () => reportLost(what));
  return place !== undefined || running.size > 0;
}

export function reportLost(what: string): void {
  const files = filesOnStack();
  // Node's own timers (of a socket, of a stream) are the consequence of something reported already.
  if (files.length > 0 && files.every((file) => file.startsWith('node:'))) return;
  const by = whoCalled(files);
  for (const world of running) {
    world.report({
      what: `${what} outside the task (started before it, e.g. in a queue)`,
      by,
      fatal: true,
      scope: undefined,
    });
  }
}
