/** Anything whose turn is due at a moment. */
export interface Ordered {
  readonly orderMs: number;
}

/** Items in the order in which their turns are due, equal ones in order of arrival. */
export class TurnQueue<Item extends Ordered> {
  readonly #items: Item[] = [];

  /** Live: changes with the queue. */
  get items(): readonly Item[] {
    return this.#items;
  }

  add(item: Item): void {
    this.#items.splice(this.#findEnd(item.orderMs), 0, item);
  }

  remove(item: Item): void {
    const end = this.#findEnd(item.orderMs);
    const place = this.#items.lastIndexOf(item, end - 1);
    if (end > 0 && place >= 0) {
      this.#items.splice(place, 1);
    }
  }

  /** The place after the last item that is due at this moment or before. */
  #findEnd(orderMs: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.orderMs ?? Number.POSITIVE_INFINITY) <= orderMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
