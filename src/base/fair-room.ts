/** Whether an amount fits. If not: nothing is left (full), or the holder has its share already. */
export type RoomVerdict = 'fits' | 'full' | 'share';

/**
 * A limited amount, shared by several holders. Each holder may take as much as it leaves free, so
 * that the next one finds some: the first gets half, the second a quarter of the whole, and so on.
 * A holder may always take up to `always` while that much is free. Holders with nothing are
 * forgotten.
 */
export class FairRoom {
  readonly most: number;
  readonly #always: number;
  readonly #held = new Map<string, number>();
  #all = 0;

  constructor(most: number, always: number) {
    this.most = most;
    this.#always = always;
  }

  get held(): number {
    return this.#all;
  }

  get free(): number {
    return Math.max(0, this.most - this.#all);
  }

  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  judge(holder: string, amount: number): RoomVerdict {
    if (amount > this.free) {
      return 'full';
    }
    return this.heldBy(holder) + amount <= Math.max(this.#always, this.free) ? 'fits' : 'share';
  }

  /** Counts the amount, also when `judge` says that it does not fit. */
  take(holder: string, amount: number): void {
    this.#change(holder, amount);
  }

  release(holder: string, amount: number): void {
    this.#change(holder, -amount);
  }

  #change(holder: string, amount: number): void {
    const held = this.heldBy(holder) + amount;
    this.#all += amount;
    if (held > 0) {
      this.#held.set(holder, held);
    } else {
      this.#held.delete(holder);
    }
  }
}
