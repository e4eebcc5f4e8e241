import crypto from 'node:crypto';
import type { Random } from '../core/random.ts';
import { originals } from './originals.ts';
import { currentPlace } from './place.ts';
import { route } from './route.ts';
import { VirtualImmediate } from './virtual-timers.ts';

/** What a function draws; undefined for arguments that Node should refuse in its own words. */
type Draw = (ids: Random, args: readonly unknown[]) => unknown;

/** Everything that draws. */
export function routeChance(): void {
  routeRandom(Math);
  const web: object = Object.getPrototypeOf(globalThis.crypto);
  routeDraw(web, 'randomUUID', uuid);
  routeDraw(web, 'getRandomValues', filled);
  routeDraw(crypto, 'randomUUID', uuid);
  routeDraw(crypto, 'getRandomValues', filled);
  routeDraw(crypto, 'randomFillSync', filled);
  routeDraw(crypto, 'randomFill', filled);
  routeDraw(crypto, 'randomBytes', (ids, [size]) =>
    typeof size === 'number' && size >= 0 && size < 2 ** 31 ? fill(ids, originals.bufferAlloc(size)) : undefined,
  );
  routeDraw(crypto, 'randomInt', (ids, [first, second]) => {
    const [min, max] = second === undefined ? [0, Number(first)] : [Number(first), Number(second)];
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || max <= min) return undefined;
    return min + Math.floor(ids.next() * (max - min));
  });
}

export function routeRandom(realm: Math): void {
  const { random } = realm;
  route(realm, 'random', () => currentPlace()?.chance.next() ?? random());
}

/** A callback form draws at once and hands over as soon as the caller is done. */
function routeDraw(owner: object, name: string, draw: Draw): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  route(owner, name, function (this: unknown, ...args: unknown[]) {
    const place = currentPlace();
    const done = args.at(-1);
    const value = place && draw(place.ids, typeof done === 'function' ? args.slice(0, -1) : args);
    if (place === undefined || value === undefined) return Reflect.apply(original, this, args);
    if (typeof done !== 'function') return value;
    new VirtualImmediate(place, () => done(null, value));
    return undefined;
  });
}

/** Offset and size count in elements, as in `crypto.randomFillSync`. */
const filled: Draw = (ids, [target, offset = 0, size]) => {
  const bytes = bytesOf(target);
  if (bytes === undefined) return undefined;
  const width: unknown = ArrayBuffer.isView(target) ? Reflect.get(target, 'BYTES_PER_ELEMENT') : 1;
  const from = Number(offset) * Number(width ?? 1);
  const to = size === undefined ? bytes.length : from + Number(size) * Number(width ?? 1);
  if (!(from >= 0 && from <= to && to <= bytes.length)) return undefined;
  fill(ids, bytes.subarray(from, to));
  return target;
};

function bytesOf(target: unknown): Uint8Array | undefined {
  if (target instanceof Float32Array || target instanceof Float64Array) return undefined;
  if (ArrayBuffer.isView(target)) return new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  return target instanceof ArrayBuffer ? new Uint8Array(target) : undefined;
}

function fill<T extends Uint8Array>(ids: Random, bytes: T): T {
  for (let i = 0; i < bytes.length; i++) bytes[i] = ids.next() * 256;
  return bytes;
}

/** A version 4 UUID. */
const uuid: Draw = (ids) => {
  const bytes = fill(ids, originals.bufferAlloc(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
