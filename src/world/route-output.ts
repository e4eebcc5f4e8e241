import { originals } from './originals.ts';
import { currentPlace } from './place.ts';
import { route } from './route.ts';

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
  const { write } = fs;
  const say = (fd: unknown, data: unknown, rest: unknown[]): number | undefined => {
    const place = fd === 1 || fd === 2 ? currentPlace() : undefined;
    const bytes = place && bytesOf(data, rest);
    if (bytes === undefined) return undefined;
    place?.world.say(bytes.toString());
    return bytes.length;
  };
  for (const name of ['writeSync', 'writeFileSync', 'appendFileSync'] as const) {
    const original = fs[name];
    route(fs, name, (fd: unknown, data: unknown, ...rest: unknown[]) => {
      const said = say(fd, data, rest);
      if (said === undefined) return Reflect.apply(original, fs, [fd, data, ...rest]);
      return name === 'writeSync' ? said : undefined;
    });
  }
  route(fs, 'write', (fd: unknown, data: unknown, ...rest: unknown[]) => {
    const done = rest.at(-1);
    const written = typeof done === 'function' ? say(fd, data, rest.slice(0, -1)) : undefined;
    if (typeof done !== 'function' || written === undefined) return Reflect.apply(write, fs, [fd, data, ...rest]);
    originals.queueMicrotask(() => done(null, written, data));
  });
}

/** What is to be written; undefined where Node itself says what is wrong with it. */
function bytesOf(data: unknown, [from, length, ...rest]: unknown[]): Buffer | undefined {
  if (typeof data === 'string') return originals.bufferFrom(data, encodingIn([from, length, ...rest]));
  if (!ArrayBuffer.isView(data)) return undefined;
  const bytes = originals.bufferFrom(data.buffer, data.byteOffset, data.byteLength);
  const { offset = from, length: size = length } = typeof from === 'object' && from !== null ? Object(from) : {};
  const start = typeof offset === 'number' ? offset : 0;
  return bytes.subarray(start, typeof size === 'number' ? start + size : undefined);
}

const encodingIn = (args: unknown[]): BufferEncoding | undefined =>
  args.filter((one): one is string => typeof one === 'string').find(Buffer.isEncoding) as BufferEncoding | undefined;
