/** A binary heap: `pop` takes the item that is before all others. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #isBefore: (a: Item, b: Item) => boolean;

  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  push(item: Item): void {
    const items = this.#items;
    let place = items.length;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      const above = items[parent];
      if (above === undefined || this.#isBefore(above, item)) {
        break;
      }
      items[place] = above;
      place = parent;
    }
    items[place] = item;
  }

  /** Undefined if the heap is empty. */
  pop(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) {
      this.#sink(last);
    }
    return first;
  }

  /** Inserts an item at the top. */
  #sink(item: Item): void {
    const items = this.#items;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [a, b] = [items[left], items[left + 1]];
      const [child, below] =
        a !== undefined && b !== undefined && this.#isBefore(b, a) ? [left + 1, b] : [left, a];
      if (below === undefined || this.#isBefore(item, below)) {
        break;
      }
      items[place] = below;
      place = child;
    }
    items[place] = item;
  }
}
