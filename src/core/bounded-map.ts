/** A map that forgets what was put into it first, once there is more than `most` of it: for worlds that have no end. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: K, value: V): this {
    super.set(key, value);
    for (const first of this.keys()) {
      if (this.size <= this.#most) break;
      this.delete(first);
    }
    return this;
  }
}
