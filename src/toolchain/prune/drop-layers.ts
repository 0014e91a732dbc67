import type { PackedBatch } from '../../batch/packed-batch.ts';
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

/** `last`: the final layers, as the papers do. `importance`: those that measure least. */
export const dropWays = ['last', 'importance'] as const;
export type DropWay = (typeof dropWays)[number];

/** One layer dropped by measure, in the order of dropping. */
export interface DroppedLayer {
  readonly layer: number;
  /** 1 - cosine between the stream before and after the layer, mean over tokens, when it was dropped. */
  readonly influence: number;
  /** Mean KL of p(yes) from the whole model's, in nats, with this and the layers above it in the table dropped. */
  readonly divergence: number;
}

/** Each round tries the layers of least influence; which of them the labels miss least decides. */
const shortlisted = 6;

export function keepFirst(layers: number, drop: number): readonly number[] {
  return Array.from({ length: layers - drop }, (_, layer) => layer);
}

export interface MeasureOptions {
  readonly checkpoint: Checkpoint;
  readonly pieces: BlockPieces;
  readonly batches: readonly PackedBatch[];
  readonly head: LabelHead;
  readonly drop: number;
  readonly onRound: (dropped: DroppedLayer) => void;
}

/** Drops layers one at a time, measuring again after each: about `drop` x 4 runs of the model over the batches. */
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
      .toSorted((a, b) => (round.influence.get(a) ?? 0) - (round.influence.get(b) ?? 0))
      .slice(0, shortlisted);
    const { influence } = round;
    round = await measureRound(options, embedded, kept, shortlist);
    const tried = shortlist.map((layer) => ({
      layer,
      influence: influence.get(layer) ?? NaN,
      divergence: measureDrift(whole, round.without.get(layer) ?? []).divergence,
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
  /** Of each kept layer. */
  readonly influence: ReadonlyMap<number, number>;
  readonly margins: readonly number[];
  /** Margins without each of the layers tried. */
  readonly without: ReadonlyMap<number, readonly number[]>;
}

/** One pass through the layers; a variant without a layer starts where that layer stands. Each layer is read once. */
async function measureRound(
  { checkpoint, pieces, batches, head }: MeasureOptions,
  embedded: Streams,
  kept: readonly number[],
  tried: readonly number[],
): Promise<Round> {
  const base = [...embedded];
  const variants = new Map<number, Streams>();
  const influence = new Map<number, number>();
  for (const index of kept) {
    const layer = await readLayer(checkpoint, index);
    for (const streams of variants.values()) {
      await runLayer(pieces, layer, batches, streams);
    }
    if (tried.includes(index)) {
      variants.set(index, [...base]);
    }
    const shares: number[] = [];
    for (const [at, batch] of batches.entries()) {
      const before = base[at] ?? new Float32Array(0);
      const after = await runBlock(pieces, batch, before, layer);
      shares.push(...changeOf(before, after, checkpoint.blueprint.width));
      base[at] = after;
    }
    influence.set(index, shares.reduce((a, b) => a + b, 0) / shares.length);
  }
  const without = new Map(
    [...variants].map(([layer, streams]) => [layer, readMargins(head, batches, streams)]),
  );
  return { influence, margins: readMargins(head, batches, base), without };
}

/** 1 - cosine of each token's stream before and after. */
function changeOf(before: Float32Array, after: Float32Array, width: number): number[] {
  return Array.from({ length: before.length / width }, (_, token) => {
    let [both, b2, a2] = [0, 0, 0];
    for (let at = token * width; at < (token + 1) * width; at++) {
      const [b, a] = [before[at] ?? 0, after[at] ?? 0];
      both += b * a;
      b2 += b * b;
      a2 += a * a;
    }
    return 1 - both / Math.sqrt(b2 * a2);
  });
}
