import { originals } from './originals.ts';
import { currentPlace, type Place } from './place.ts';
import { route } from './route.ts';

/** Everything that tells the time. Nothing here is reported without a place: reading a clock is not work. */
export function routeTime(): void {
  routeDate();
  routeIntl();
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
  route(process, 'uptime', () => {
    const place = currentPlace();
    return place === undefined ? originals.uptime() : place.world.clock.now() / 1000;
  });
}

function wallTime(place: Place): number {
  return place.world.clock.epochMs + place.world.clock.now();
}

/** A proxy, so that `instanceof`, subclasses and the statics stay those of the one Date. */
function routeDate(): void {
  const Real = globalThis.Date;
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
  Reflect.defineProperty(globalThis, 'Date', { value: routed, writable: true, configurable: true });
}

/** A format asked for no date in particular means now. */
function routeIntl(): void {
  const { prototype } = Intl.DateTimeFormat;
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
