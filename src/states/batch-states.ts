import type { BatchOutcome, BatchPart, PackedBatch } from '../batch/packed-batch.ts';
import type { Segment } from '../batch/segment.ts';
import { shutGate } from '../batch/write-gate.ts';
import type { StateEntry, StateStore } from './state-store.ts';

type Pack = (parts: readonly BatchPart[]) => PackedBatch;

/**
 * Assigns rows of the arena to the states that a batch computes, and makes the states available
 * once the batch has run.
 */
export class BatchStates {
  readonly #store: StateStore;
  readonly #pack: Pack;
  /** What each batch computes. */
  readonly #entries = new WeakMap<PackedBatch, readonly StateEntry[]>();

  constructor(store: StateStore, pack: Pack) {
    this.#store = store;
    this.#pack = pack;
  }

  readonly pack: Pack = (parts) => {
    const entries: StateEntry[] = [];
    const assign = (segment: Segment) => this.#assign(segment, entries);
    try {
      const batch = this.#pack(
        parts.map(({ prefix, suffixes }) => {
          return { prefix: assign(prefix), suffixes: suffixes.map(assign) };
        }),
      );
      this.#entries.set(batch, entries);
      return batch;
    } catch (error) {
      entries.forEach((entry) => this.#store.abandon(entry, true));
      throw error;
    }
  };

  /**
   * Must be called when a batch of `pack` has ended. States beside a logit that is not finite are
   * not kept: a device's fault would be kept with them.
   */
  readonly onOutcome = (batch: PackedBatch, outcome: BatchOutcome): void => {
    const entries = this.#entries.get(batch) ?? [];
    const isGood = outcome.ok && outcome.logits.every((logit) => Number.isFinite(logit));
    const write = batch.states?.write;
    const isSafe = outcome.ok || write === undefined || shutGate(write.gate);
    for (const entry of entries) {
      if (isGood) {
        this.#store.fill(entry);
      } else {
        this.#store.abandon(entry, isSafe);
      }
    }
  };

  /** As far as there is room. */
  #assign(segment: Segment, entries: StateEntry[]): Segment {
    if (segment.kind === 'states' || segment.keep === undefined) {
      return segment;
    }
    const { key, tokens } = segment.keep;
    const entry = this.#store.reserve(key, tokens);
    if (entry === undefined) {
      return segment;
    }
    entries.push(entry);
    return { ...segment, keep: { ...segment.keep, rows: entry.rows } };
  }
}
