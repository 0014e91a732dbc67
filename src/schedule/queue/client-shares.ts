/**
 * The tokens each client holds in the queue. Clients that hold nothing are forgotten, so there are
 * never more entries than permits.
 */
export class ClientShares {
  readonly #held = new Map<string, number>();

  get clients(): number {
    return this.#held.size;
  }

  held(client: string): number {
    return this.#held.get(client) ?? 0;
  }

  /** A negative number gives tokens back. */
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

  /** `total` divided equally among the clients that hold something, counting this one. */
  shareOf(client: string, total: number): number {
    const others = this.#held.size - (this.#held.has(client) ? 1 : 0);
    return total / (others + 1);
  }
}
