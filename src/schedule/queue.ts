/** Anything that must be dealt with by a deadline. */
export interface Due {
  readonly deadlineMs: number;
}

/** Items in order of deadline, equal ones in order of arrival. */
export class DeadlineQueue<Item extends Due> {
  readonly #items: Item[] = [];

  /** Live: changes with the queue. */
  get items(): readonly Item[] {
    return this.#items;
  }

  add(item: Item): void {
    this.#items.splice(this.#findEnd(item.deadlineMs), 0, item);
  }

  remove(item: Item): void {
    const end = this.#findEnd(item.deadlineMs);
    const place = this.#items.lastIndexOf(item, end - 1);
    if (end > 0 && place >= 0) {
      this.#items.splice(place, 1);
    }
  }

  /** The place after the last item with this deadline or an earlier one. */
  #findEnd(deadlineMs: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.deadlineMs ?? Number.POSITIVE_INFINITY) <= deadlineMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
