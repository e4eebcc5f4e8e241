import { EventEmitter } from 'node:events';
import type { Clock } from '../../core/clock.ts';

/** More lines than anything has that is drawn: Ink clears the terminal with all that was scrolled away where it takes its view for the taller one. */
const ENDLESS = 10_000;
/** A window is dragged in many steps; what is drawn follows when it rests. */
const SETTLED_MS = 100;

/** Runs what belongs to no drill, which would else be seen as something that left its world. */
export type Outside = <T>(fn: () => T) => T;

/** The terminal as Ink sees it: as wide as it was when it last rested, and without an end below. */
export class Paper extends EventEmitter {
  readonly isTTY = true;
  readonly rows = ENDLESS;
  columns: number;
  readonly #stdout: NodeJS.WriteStream;
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #outside: Outside;
  #moving: AbortController | undefined;

  constructor(stdout: NodeJS.WriteStream, clock: Pick<Clock, 'sleep'>, outside: Outside) {
    super();
    this.#outside = outside;
    this.#stdout = stdout;
    this.#clock = clock;
    this.columns = stdout.columns;
    stdout.on('resize', this.#resized);
  }

  /** Lines of the window. */
  get lines(): number {
    return this.#stdout.rows;
  }

  write(text: string): boolean {
    return this.#stdout.write(text);
  }

  close(): void {
    this.#moving?.abort();
    this.#stdout.off('resize', this.#resized);
  }

  #resized = () => {
    this.#moving?.abort();
    const moving = new AbortController();
    this.#moving = moving;
    const settle = () => {
      this.columns = this.#stdout.columns;
      this.#outside(() => this.emit('resize'));
    };
    this.#clock.sleep(SETTLED_MS, moving.signal).then(settle, () => {});
  };
}
