import { at } from '../../base/at.ts';

interface Ordered {
  readonly fairDueAtMs: number;
}

/** Items sorted by when they are due; equal ones in order of arrival. */
export class DueQueue<Item extends Ordered> {
  readonly #items: Item[] = [];

  /** Live: changes with the queue. */
  get items(): readonly Item[] {
    return this.#items;
  }

  add(item: Item): void {
    this.#items.splice(this.#findEnd(item.fairDueAtMs), 0, item);
  }

  remove(item: Item): void {
    const end = this.#findEnd(item.fairDueAtMs);
    const index = this.#items.lastIndexOf(item, end - 1);
    if (end > 0 && index >= 0) {
      this.#items.splice(index, 1);
    }
  }

  /** The index after the last item that is due at this moment or earlier. */
  #findEnd(fairDueAtMs: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(this.#items, middle).fairDueAtMs <= fairDueAtMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
