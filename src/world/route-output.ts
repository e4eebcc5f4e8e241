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
}
