/** The newest values of a stream, so many at most. */
export class Recent<Value> {
  readonly #most: number;
  readonly #values: Value[] = [];
  /** Where the next one goes; the oldest is there once it is full. */
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(value: Value): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#most;
  }

  /** Oldest first. */
  get values(): readonly Value[] {
    const full = this.#values.length === this.#most;
    const start = full ? this.#next : 0;
    return [...this.#values.slice(start), ...this.#values.slice(0, start)];
  }
}
