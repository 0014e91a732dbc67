/** What each client holds of the queue. Only clients that hold something are known: as many as there are permits. */
export class ClientShares {
  readonly #held = new Map<string, number>();

  get clients(): number {
    return this.#held.size;
  }

  held(client: string): number {
    return this.#held.get(client) ?? 0;
  }

  /** `tokens` below zero when they are given back. */
  add(client: string, tokens: number): void {
    const held = this.held(client) + tokens;
    if (held > 0) {
      this.#held.set(client, held);
    } else {
      this.#held.delete(client);
    }
  }

  clear(): void {
    this.#held.clear();
  }

  /** An even share for each client that holds something, this one counted in. */
  shareOf(client: string, all: number): number {
    const others = this.#held.size - (this.#held.has(client) ? 1 : 0);
    return all / (others + 1);
  }
}
