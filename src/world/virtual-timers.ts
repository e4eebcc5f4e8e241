import { throwUncaught } from './crash.ts';
import { at, type Place } from './place.ts';
import type { Timer } from './timer.ts';

const LONGEST_MS = 2 ** 31 - 1;

/** As Node does it: whole milliseconds, and 1 for anything that is none. */
function delayOf(ms: unknown): number {
  const delay = Math.trunc(Number(ms));
  return delay >= 1 && delay <= LONGEST_MS ? delay : 1;
}

abstract class VirtualTimer {
  protected readonly place: Place;
  readonly #callback: () => void;
  protected timer: Timer | undefined;
  protected closed = false;
  #ref = true;

  constructor(place: Place, callback: () => void) {
    this.place = place;
    this.#callback = callback;
  }

  protected arm(ms: number): void {
    this.timer = this.place.world.clock.schedule(ms, () => at(this.place, () => this.fire()));
  }

  protected fire(): void {
    try {
      this.#callback();
    } catch (error) {
      // To the process, as from a timer of Node's own; the clock goes on.
      throwUncaught(error);
    }
  }

  /** A virtual process is never short of reasons to stay alive, so an unref'd timer fires like any other. */
  ref(): this {
    this.#ref = true;
    return this;
  }

  unref(): this {
    this.#ref = false;
    return this;
  }

  hasRef(): boolean {
    return this.#ref;
  }

  close(): this {
    this.closed = true;
    if (this.timer !== undefined) this.place.world.clock.cancel(this.timer);
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What `setTimeout` and `setInterval` return inside a world. */
export class VirtualTimeout extends VirtualTimer {
  readonly #ms: number;
  readonly #repeats: boolean;
  #id: number | undefined;

  constructor(place: Place, callback: () => void, ms: unknown, repeats: boolean) {
    super(place, callback);
    this.#ms = delayOf(ms);
    this.#repeats = repeats;
    this.arm(this.#ms);
  }

  protected override fire(): void {
    super.fire();
    if (this.#repeats && !this.closed) this.arm(this.#ms);
    else if (this.#id !== undefined && this.timer?.index === -1) this.place.world.timersById.delete(this.#id);
  }

  refresh(): this {
    if (this.closed) return this;
    if (this.timer !== undefined) this.place.world.clock.cancel(this.timer);
    this.arm(this.#ms);
    return this;
  }

  override close(): this {
    if (this.#id !== undefined) this.place.world.timersById.delete(this.#id);
    return super.close();
  }

  /** The number `clearTimeout` takes as well. Counted per world, so the same run gives the same ids. */
  [Symbol.toPrimitive](): number {
    const { timersById } = this.place.world;
    this.#id ??= (this.timer?.seq ?? 0) + 1;
    if (!this.closed) timersById.set(this.#id, this);
    return this.#id;
  }
}

/** What `setImmediate` returns inside a world: a timer due at once, behind those already due. */
export class VirtualImmediate extends VirtualTimer {
  readonly #turn: number;

  constructor(place: Place, callback: () => void) {
    super(place, callback);
    const { turns } = place;
    const now = place.world.clock.now();
    this.#turn = turns.next;
    if (turns.isPart(now)) place.spareTimer();
    this.arm(turns.msAt(now));
  }

  protected override fire(): void {
    this.place.turns.begin(this.#turn, this.place.world.clock.now());
    super.fire();
  }
}
