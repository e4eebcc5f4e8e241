import os from 'node:os';
import type { MarkOptions, MeasureOptions, Performance } from 'node:perf_hooks';
import { originals } from './originals.ts';
import { currentPlace, type Place } from './place.ts';
import { route } from './route.ts';

/** Everything that tells the time. Nothing here is reported without a place: reading a clock is not work. */
export function routeTime(): void {
  routeDate(globalThis);
  routeIntl(globalThis);
  routePerformance();
  routeEvents();
  const origin = performance.timeOrigin;
  route(performance, 'now', () => currentPlace()?.world.clock.now() ?? originals.performanceNow());
  Reflect.defineProperty(performance, 'timeOrigin', {
    configurable: true,
    enumerable: true,
    get: () => currentPlace()?.world.clock.epochMs ?? origin,
  });
  const hrtime = (earlier?: [number, number]): [number, number] => {
    const place = currentPlace();
    if (place === undefined) return originals.hrtime(earlier);
    const ms = place.world.clock.now();
    const [s, ns] = [Math.trunc(ms / 1000), (ms % 1000) * 1e6];
    if (earlier === undefined) return [s, ns];
    const borrow = ns < earlier[1];
    return [s - earlier[0] - (borrow ? 1 : 0), ns - earlier[1] + (borrow ? 1e9 : 0)];
  };
  route(process.hrtime, 'bigint', () => {
    const place = currentPlace();
    return place === undefined ? originals.hrtimeBigint() : BigInt(place.world.clock.now()) * 1_000_000n;
  });
  route(process, 'hrtime', hrtime);
  for (const owner of [process, os]) {
    const real = owner === process ? originals.uptime : os.uptime;
    route(owner, 'uptime', () => {
      const place = currentPlace();
      return place === undefined ? real() : place.world.clock.now() / 1000;
    });
  }
}

type Span = [name: string, from?: string | MeasureOptions, end?: string];

/** Marks and measures end now where they do not say when; how busy the real event loop is says nothing of a world's. */
function routePerformance(): void {
  const prototype: Performance = Object.getPrototypeOf(performance);
  const { mark, measure, toJSON, eventLoopUtilization } = prototype;
  route(prototype, 'mark', function (this: Performance, name: string, options?: MarkOptions) {
    const now = currentPlace()?.world.clock.now();
    const given = now === undefined ? options : { ...options, startTime: options?.startTime ?? now };
    return Reflect.apply(mark, this, [name, given]);
  });
  route(prototype, 'measure', function (this: Performance, ...args: Span) {
    const now = currentPlace()?.world.clock.now();
    const [name, from, end] = args;
    if (now === undefined || end !== undefined) return Reflect.apply(measure, this, args);
    const options: MeasureOptions = typeof from === 'object' ? from : from === undefined ? {} : { start: from };
    const ends = options.end !== undefined || (options.start !== undefined && options.duration !== undefined);
    return Reflect.apply(measure, this, [name, ends ? options : { ...options, end: now }]);
  });
  const idle = { idle: 0, active: 0, utilization: 0 };
  route(prototype, 'eventLoopUtilization', function (this: Performance, ...args: unknown[]) {
    return currentPlace() === undefined ? Reflect.apply(eventLoopUtilization, this, args) : { ...idle };
  });
  route(prototype, 'toJSON', function (this: Performance) {
    const place = currentPlace();
    if (place === undefined) return Reflect.apply(toJSON, this, []);
    const { clock } = place.world;
    return { nodeTiming: nodeTiming(clock.now()), timeOrigin: clock.epochMs, eventLoopUtilization: { ...idle } };
  });
  const real = performance.nodeTiming;
  Reflect.defineProperty(prototype, 'nodeTiming', {
    configurable: true,
    get() {
      const place = currentPlace();
      return place === undefined ? real : nodeTiming(place.world.clock.now());
    },
  });
}

/** Of a world's process: it was all there when the world began. */
function nodeTiming(duration: number): Record<string, unknown> {
  const begun = { nodeStart: 0, v8Start: 0, environment: 0, bootstrapComplete: 0, loopStart: 0, loopExit: -1 };
  return { name: 'node', entryType: 'node', startTime: 0, duration, ...begun, idleTime: 0 };
}

/** An event that a world's code makes is stamped then, one of Node's own when its stamp is first read there. */
function routeEvents(): void {
  const stamps = new WeakMap<object, number>();
  const real = Reflect.getOwnPropertyDescriptor(Event.prototype, 'timeStamp')?.get;
  if (real === undefined) return;
  const stamp = (event: object, now: number) => {
    if (!stamps.has(event)) stamps.set(event, now);
    return stamps.get(event);
  };
  Reflect.defineProperty(Event.prototype, 'timeStamp', {
    configurable: true,
    enumerable: true,
    get(this: Event): number {
      const place = currentPlace();
      const at: number = Reflect.apply(real, this, []);
      return place === undefined ? at : (stamp(this, place.world.clock.now()) ?? at);
    },
  });
  for (const name of ['Event', 'CustomEvent'] as const) {
    if (globalThis[name] === undefined) continue;
    const routed = new Proxy(globalThis[name], {
      construct(target, args, newTarget) {
        const event: object = Reflect.construct(target, args, newTarget);
        const place = currentPlace();
        if (place !== undefined) stamp(event, place.world.clock.now());
        return event;
      },
    });
    Reflect.defineProperty(globalThis, name, { value: routed, writable: true, configurable: true });
  }
}

function wallTime(place: Place): number {
  return place.world.clock.epochMs + place.world.clock.now();
}

/** A realm: this one, or that of a context of `node:vm`. */
type Realm = Pick<typeof globalThis, 'Date' | 'Intl'>;

/** A proxy, so that `instanceof`, subclasses and the statics stay those of the one Date. */
export function routeDate(realm: Realm): void {
  const Real = realm.Date;
  route(Real, 'now', () => {
    const place = currentPlace();
    return place === undefined ? originals.dateNow() : wallTime(place);
  });
  const routed = new Proxy(Real, {
    construct(target, args, newTarget) {
      const place = args.length === 0 ? currentPlace() : undefined;
      return Reflect.construct(target, place === undefined ? args : [wallTime(place)], newTarget);
    },
    apply(target) {
      const place = currentPlace();
      return place === undefined ? target() : new Real(wallTime(place)).toString();
    },
  });
  Reflect.defineProperty(Real.prototype, 'constructor', { value: routed, writable: true, configurable: true });
  Reflect.defineProperty(realm, 'Date', { value: routed, writable: true, configurable: true });
}

/** A format asked for no date in particular means now. */
export function routeIntl(realm: Realm): void {
  const { prototype } = realm.Intl.DateTimeFormat;
  const format = Reflect.getOwnPropertyDescriptor(prototype, 'format')?.get;
  const { formatToParts } = prototype;
  if (format === undefined) return;
  const now = (): number | undefined => {
    const place = currentPlace();
    return place === undefined ? undefined : wallTime(place);
  };
  Reflect.defineProperty(prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const real: Intl.DateTimeFormat['format'] = Reflect.apply(format, this, []);
      return currentPlace() === undefined ? real : (date?: Date | number) => real(date ?? now());
    },
  });
  route(prototype, 'formatToParts', function (this: Intl.DateTimeFormat, date?: Date | number) {
    return Reflect.apply(formatToParts, this, [date ?? now()]);
  });
}
