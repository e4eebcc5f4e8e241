/** The longest that one UTF-16 unit becomes in UTF-8. */
const MOST_BYTES = 3;
const FIRST_BYTES = 16 * 1024;
/** What had to take more than that, of a text that is far longer than others, gives it back. */
const MOST_KEPT = 1024 * 1024;

/** Text that grows piece by piece, as UTF-8: a string would be put together and then copied twice before it is written. */
export class TextBytes {
  #room = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** So many bytes are in it. */
  size = 0;

  add(text: string): void {
    const most = this.size + text.length * MOST_BYTES;
    if (most > this.#room.length) this.#grow(most);
    this.size += this.#room.write(text, this.size);
  }

  /** All of them, until more is added. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.size);
  }

  clear(): void {
    this.size = 0;
    if (this.#room.length > MOST_KEPT) this.#room = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #grow(least: number): void {
    const more = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#room.length));
    this.#room.copy(more, 0, 0, this.size);
    this.#room = more;
  }
}
