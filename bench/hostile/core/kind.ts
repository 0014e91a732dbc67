import type { Draw } from './draw.ts';

/** A client of one door, which may open several connections. */
export interface AttackClient {
  /** How many connections it has opened. */
  readonly opened: number;
  close(): void;
}

/** One kind of abuse. */
export interface AttackKind<Client> {
  readonly name: string;
  readonly weight: number;
  /** The endings that it may have. */
  readonly allowed: readonly string[];
  readonly run: (client: Client, draw: Draw) => Promise<string>;
}
