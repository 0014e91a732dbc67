/** Why an amount does not fit: nothing is left, or its holder has its share. */
export type RoomVerdict = 'fits' | 'full' | 'share';

/**
 * Room that several share. Each may hold as much as it leaves free, so that whoever comes next finds
 * some: one holder gets half, a second a quarter of the whole, and so on. Little (`always`) is let in
 * for as long as there is any room. Only those that hold something are known.
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

  /** Whether it fits or not: what is there is counted. */
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
