import { at } from '../../base/at.ts';
import type { MaskedBatch } from '../../batch/layouts/masked/masked-batch.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { type BlockPieces, readLayer, runBlock } from '../calibrate/block-pieces.ts';
import {
  embedBatches,
  type LabelHead,
  measureDrift,
  readMargins,
  runLayer,
  type Streams,
} from '../calibrate/streams.ts';

/**
 * `last` drops the final layers, as the papers do. `importance` drops those with the least measured
 * effect.
 */
export const dropWays = ['last', 'importance'] as const;
export type DropWay = (typeof dropWays)[number];

/** A layer that was dropped because its effect is small. */
export interface DroppedLayer {
  readonly layer: number;
  /**
   * 1 - cosine between the stream before and after the layer, mean over tokens, measured just
   * before dropping it.
   */
  readonly influence: number;
  /**
   * Mean KL divergence of p(yes) from the whole model's, in nats, after dropping this layer and all
   * earlier ones.
   */
  readonly divergence: number;
}

/**
 * Each round tries this many layers, those of least influence, and drops the one with the least
 * divergence.
 */
const shortlisted = 6;

export function keepFirst(layers: number, drop: number): readonly number[] {
  return Array.from({ length: layers - drop }, (_, layer) => layer);
}

export interface MeasureOptions {
  readonly checkpoint: Checkpoint;
  readonly pieces: BlockPieces;
  readonly batches: readonly MaskedBatch[];
  readonly head: LabelHead;
  readonly drop: number;
  readonly onRound: (dropped: DroppedLayer) => void;
}

/** Drops layers one at a time and measures again after each: about `drop` x 4 runs of the model. */
export async function dropByImportance(
  options: MeasureOptions,
): Promise<{ kept: readonly number[]; dropped: readonly DroppedLayer[] }> {
  const { checkpoint, batches, drop, onRound } = options;
  const embedded = await embedBatches(checkpoint, batches);
  let kept = keepFirst(checkpoint.blueprint.layers, 0);
  let round = await measureRound(options, embedded, kept, []);
  const whole = round.margins;
  const dropped: DroppedLayer[] = [];
  while (dropped.length < drop) {
    const shortlist = kept
      .toSorted((a, b) => known(round.influence, a) - known(round.influence, b))
      .slice(0, shortlisted);
    const { influence } = round;
    round = await measureRound(options, embedded, kept, shortlist);
    const tried = shortlist.map((layer) => ({
      layer,
      influence: known(influence, layer),
      divergence: measureDrift(whole, known(round.without, layer)).divergence,
    }));
    const [best] = tried.toSorted((a, b) => a.divergence - b.divergence);
    if (best === undefined) {
      break;
    }
    kept = kept.filter((layer) => layer !== best.layer);
    dropped.push(best);
    onRound(best);
  }
  return { kept, dropped };
}

interface Round {
  /** By kept layer. */
  readonly influence: ReadonlyMap<number, number>;
  readonly margins: readonly number[];
  /** Margins without a layer, by layer tried. */
  readonly without: ReadonlyMap<number, readonly number[]>;
}

/**
 * One pass through the layers. The variant without a layer branches off at that layer, so each
 * layer is read once.
 */
async function measureRound(
  { checkpoint, pieces, batches, head }: MeasureOptions,
  embedded: Streams,
  kept: readonly number[],
  tried: readonly number[],
): Promise<Round> {
  const base = [...embedded];
  const variants = new Map<number, Streams>();
  const influence = new Map<number, number>();
  for (const number of kept) {
    const layer = await readLayer(checkpoint, number);
    for (const streams of variants.values()) {
      await runLayer(pieces, layer, batches, streams);
    }
    if (tried.includes(number)) {
      variants.set(number, [...base]);
    }
    const shares: number[] = [];
    for (const [index, batch] of batches.entries()) {
      const before = at(base, index);
      const after = await runBlock(pieces, batch, before, layer);
      shares.push(...changeOf(before, after, checkpoint.blueprint.width));
      base[index] = after;
    }
    influence.set(number, shares.reduce((a, b) => a + b, 0) / shares.length);
  }
  const without = new Map(
    [...variants].map(([layer, streams]) => [layer, readMargins(head, batches, streams)]),
  );
  return { influence, margins: readMargins(head, batches, base), without };
}

/** The layer is one that was measured. */
function known<T>(values: ReadonlyMap<number, T>, layer: number): T {
  const value = values.get(layer);
  if (value === undefined) {
    throw new Error(`layer ${layer} was not measured; this is a bug`);
  }
  return value;
}

/** 1 - cosine of each token's stream before and after. */
function changeOf(before: Float32Array, after: Float32Array, width: number): number[] {
  return Array.from({ length: before.length / width }, (_, token) => {
    let [both, b2, a2] = [0, 0, 0];
    for (let i = token * width; i < (token + 1) * width; i++) {
      const [b, a] = [at(before, i), at(after, i)];
      both += b * a;
      b2 += b * b;
      a2 += a * a;
    }
    return 1 - both / Math.sqrt(b2 * a2);
  });
}
