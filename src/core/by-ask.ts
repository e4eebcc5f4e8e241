/** A value for each ask of a world, by its number. Numbers count from 1 without gaps, so a list holds them in less memory than a map. */
export class ByAsk<V> {
  readonly #known: V[] = [];

  get(ask: number): V | undefined {
    return this.#known[ask];
  }

  set(ask: number, value: V): void {
    this.#known[ask] = value;
  }
}
