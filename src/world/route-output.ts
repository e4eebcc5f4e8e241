import { originals } from './originals.ts';
import { currentPlace, type Place } from './place.ts';
import { route } from './route.ts';
import { VirtualImmediate } from './virtual-timers.ts';

/** What code inside a world prints is handed to the world: standard output is the run's own, and nothing leaves unredacted. */
export function routeOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const original = stream.write.bind(stream);
    route(stream, 'write', (...args: Parameters<typeof original>) => {
      const place = currentPlace();
      if (place === undefined) return original(...args);
      const [chunk, encoding, done] = args;
      place.world.say(typeof chunk === 'string' ? chunk : originals.bufferFrom(chunk).toString());
      const callback = typeof encoding === 'function' ? encoding : done;
      if (callback !== undefined) originals.queueMicrotask(() => callback());
      return true;
    });
  }
  routeDescriptors(process.getBuiltinModule('node:fs'));
}

/** A logger may write to the descriptors themselves, as a stream of `fs` does in the end. */
function routeDescriptors(fs: typeof import('node:fs')): void {
  const { write, writev, writevSync } = fs;
  const placeOf = (fd: unknown) => (fd === 1 || fd === 2 ? currentPlace() : undefined);
  const say = (place: Place | undefined, data: unknown, rest: unknown[]): number | undefined => {
    const bytes = place && bytesOf(data, rest);
    if (bytes !== undefined) place?.world.say(bytes.toString());
    return bytes?.length;
  };
  for (const name of ['writeSync', 'writeFileSync', 'appendFileSync'] as const) {
    const original = fs[name];
    route(fs, name, (fd: unknown, data: unknown, ...rest: unknown[]) => {
      const said = say(placeOf(fd), data, rest);
      if (said === undefined) return Reflect.apply(original, fs, [fd, data, ...rest]);
      return name === 'writeSync' ? said : undefined;
    });
  }
  route(fs, 'writevSync', (fd: unknown, all: unknown, ...rest: unknown[]) => {
    return say(placeOf(fd), joined(all), []) ?? Reflect.apply(writevSync, fs, [fd, all, ...rest]);
  });
  const later = (original: typeof write | typeof writev, whole: (data: unknown) => unknown) => {
    return (fd: unknown, data: unknown, ...rest: unknown[]) => {
      const done = rest.at(-1);
      const place = placeOf(fd);
      const said = typeof done === 'function' ? say(place, whole(data), rest.slice(0, -1)) : undefined;
      if (typeof done !== 'function' || place === undefined || said === undefined)
        return Reflect.apply(original, fs, [fd, data, ...rest]);
      new VirtualImmediate(place, () => done(null, said, data));
    };
  };
  route(
    fs,
    'write',
    later(write, (data) => data),
  );
  route(fs, 'writev', later(writev, joined));
}

const joined = (all: unknown): unknown =>
  Array.isArray(all) && all.every(ArrayBuffer.isView) ? Buffer.concat(all.map(viewed)) : undefined;

const viewed = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  originals.bufferFrom(buffer, byteOffset, byteLength);

/** What is to be written; undefined where Node itself says what is wrong with it. */
function bytesOf(data: unknown, [from, length, ...rest]: unknown[]): Buffer | undefined {
  const { encoding, offset = from, length: size = length } = Object(from);
  if (typeof data === 'string') {
    const coded = [encoding, from, length, ...rest].find((one) => typeof one === 'string') ?? 'utf8';
    return Buffer.isEncoding(coded) ? originals.bufferFrom(data, coded) : undefined;
  }
  if (!ArrayBuffer.isView(data)) return undefined;
  const bytes = viewed(data);
  const start = typeof offset === 'number' ? offset : 0;
  const end = typeof size === 'number' ? start + size : bytes.length;
  return 0 <= start && start <= end && end <= bytes.length ? bytes.subarray(start, end) : undefined;
}
