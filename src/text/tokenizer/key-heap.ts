/**
 * A binary heap of numbers, smallest first. Its memory grows as needed and is kept between uses.
 */
export class KeyHeap {
  #keys = new Float64Array(256);
  #size = 0;

  push(key: number): void {
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(this.#size * 2);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#keys[parent] ?? 0;
      if (above <= key) {
        break;
      }
      this.#keys[at] = above;
      at = parent;
    }
    this.#keys[at] = key;
  }

  pop(): number | undefined {
    if (this.#size === 0) {
      return undefined;
    }
    const smallest = this.#keys[0];
    const last = this.#keys[--this.#size] ?? 0;
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < this.#size && (this.#keys[right] ?? 0) < (this.#keys[child] ?? 0)) {
        child = right;
      }
      const below = this.#keys[child] ?? 0;
      if (below >= last) {
        break;
      }
      this.#keys[at] = below;
      at = child;
    }
    this.#keys[at] = last;
    return smallest;
  }
}
