import { RankError } from '../../base/errors.ts';
import type { Blueprint } from '../../model/manifest.ts';

export interface PruneShape {
  /** Share of each layer's MLP neurons to keep; above 0, at most 1. */
  readonly mlpKeep: number;
  /** Kept neurons are rounded to a multiple of this, at least one. */
  readonly align: number;
  readonly dropLayers: number;
  /** Key heads to drop from each layer, with their query heads. */
  readonly kvGroupsDrop: number;
}

/**
 * The blueprint after pruning. Every layer keeps the same number of neurons and heads, because a
 * config.json has one number for all layers.
 *
 * @throws RankError naming the option that is out of range.
 */
export function planPruned(blueprint: Blueprint, shape: PruneShape): Blueprint {
  const { layers, mlpWidth, heads, kvHeads, width, family } = blueprint;
  const { mlpKeep, align, dropLayers, kvGroupsDrop } = shape;
  assertBetween('the layers to drop', dropLayers, [0, layers - 1]);
  assertBetween('the key heads to drop', kvGroupsDrop, [0, kvHeads - 1]);
  if (!(mlpKeep > 0 && mlpKeep <= 1)) {
    throw refusal('the share of neurons to keep', mlpKeep, 'above 0, at most 1');
  }
  const aligned = align * Math.max(1, Math.round((mlpKeep * mlpWidth) / align));
  const keptHeads = (heads / kvHeads) * (kvHeads - kvGroupsDrop);
  if (family === 'llama' && width % keptHeads !== 0) {
    // Transformers refuses such a config.json, even with head_dim in it.
    throw refusal('the heads kept', keptHeads, `a divisor of the width, ${width}`);
  }
  return {
    ...blueprint,
    layers: layers - dropLayers,
    // Rounding up must not give more neurons than there are.
    mlpWidth: mlpKeep === 1 ? mlpWidth : Math.min(aligned, mlpWidth),
    heads: keptHeads,
    kvHeads: kvHeads - kvGroupsDrop,
  };
}

/** Estimates the memory that pruning needs besides Node and ONNX Runtime. */
export function estimateBytes(before: Blueprint, after: Blueprint, tokens: number): number {
  const inputs = Math.max(before.mlpWidth, before.heads * before.headDim);
  const streams = 2 * 4 * tokens * before.width;
  // Sums, damped sums, factor, two inverses and a copy, and the weights.
  const solving = 8 * (6 * inputs ** 2 + 4 * inputs * before.width);
  const layers = 4 * after.layers * 3 * after.mlpWidth * after.width;
  const embedding = 2 * 4 * before.vocabulary * before.width;
  return streams + layers + Math.max(solving, embedding);
}

function assertBetween(what: string, found: number, [min, max]: readonly [number, number]): void {
  if (!Number.isInteger(found) || found < min || found > max) {
    throw refusal(what, found, `a whole number from ${min} to ${max}`);
  }
}

function refusal(what: string, found: number, allowed: string): RankError {
  return new RankError('invalid-argument', `${what}: found ${found}; allowed: ${allowed}`);
}
