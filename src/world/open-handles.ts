import { entryOf } from '../core/once.ts';
import { bare, OwnMap } from './originals.ts';
import type { Place, Surroundings } from './place.ts';
import { whoCalled } from './who.ts';

/** What may bring something into a world from outside, at any time or never. */
interface Open {
  what: string;
  by: string;
  isOpen(): boolean;
}

const open = new OwnMap<Surroundings, Map<object, Open>>();

export function keepOpen(world: Surroundings, key: object, what: Open): void {
  const those = entryOf(open, world, () => new OwnMap<object, Open>());
  for (const [other, { isOpen }] of those) if (!isOpen()) those.delete(other);
  those.set(key, what);
}

export function openIn(world: Surroundings): Open[] {
  return [...(open.get(world)?.values() ?? [])].filter(({ isOpen }) => isOpen());
}

export function closeAll(world: Surroundings): void {
  open.delete(world);
}

/** A handle that keeps a process alive, as Node sees it. What it brings comes in real time, and is reported. */
export function watchHandle(what: string, place: Place, handle: object): void {
  const by = whoCalled();
  keepOpen(place.world, handle, { what, by, isOpen: () => callOf(handle, 'hasRef') === true });
  let heard: unknown;
  const hear = (...news: unknown[]) => {
    place.world.report({ what, by, fatal: true, scope: place.scope });
    return typeof heard === 'function' ? Reflect.apply(heard, handle, news) : undefined;
  };
  const set = (listener: unknown) => {
    heard = listener;
  };
  Reflect.defineProperty(handle, 'onchange', bare({ configurable: true, get: () => hear, set }));
}

export function callOf(object: object, name: string): unknown {
  const method: unknown = Reflect.get(object, name);
  return typeof method === 'function' ? Reflect.apply(method, object, []) : undefined;
}
