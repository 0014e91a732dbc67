import type { Blueprint } from '../../model/manifest.ts';
import { type BlockPieces, type Layer, tensorOf } from '../calibrate/block-pieces.ts';
import { cutAttention, cutMlp, groupInputs, toInputs, toWeight } from './cut-layer.ts';
import { eliminate, type LeastSquares } from '../numerics/eliminate.ts';
import {
  dampTowards,
  pick,
  relativeError,
  solveKept,
  type Statistics,
} from '../numerics/least-squares.ts';
import {
  attentionHalf,
  collectSums,
  type Half,
  mlpHalf,
  type Passage,
  runHalf,
} from './reconstruct.ts';

/** Of a layer's half: |what it adds - what it should add|^2 over |what it should add|^2, on the calibration tokens. */
export interface HalfReport {
  /** Neurons or key heads kept, of how many. */
  readonly kept: number;
  readonly of: number;
  /** Inputs removed, weights left as they were. */
  readonly removed: number;
  /** Weights solved again. */
  readonly solved: number;
}

export interface LayerReport {
  readonly attention: HalfReport | undefined;
  readonly mlp: HalfReport | undefined;
}

export interface LayerPlan {
  readonly blueprint: Blueprint;
  /** The pruned model's heads. */
  readonly keptKvHeads: number;
  readonly keptNeurons: number;
}

interface Pieces {
  readonly dense: BlockPieces;
  /** With the kept heads; the same when all are kept. */
  readonly pruned: BlockPieces;
}

/** Prunes one layer and takes both streams through it. What comes back are the tensors that changed. */
export async function pruneLayer(
  layer: Layer,
  plan: LayerPlan,
  pieces: Pieces,
  passage: Passage,
): Promise<{ changed: Layer; report: LayerReport }> {
  const { blueprint, keptKvHeads, keptNeurons } = plan;
  const attention = await pruneHalf(
    { half: attentionHalf, layer, pieces, passage },
    {
      of: blueprint.kvHeads,
      keep: keptKvHeads,
      choose: (problem, statistics) => chooseGroups(problem, statistics, plan),
      cut: (kept) => cutAttention(layer, blueprint, kept),
    },
  );
  const mlp = await pruneHalf(
    { half: mlpHalf, layer, pieces, passage },
    {
      of: blueprint.mlpWidth,
      keep: keptNeurons,
      choose: (problem) => eliminate(problem, keptNeurons),
      cut: (kept) => cutMlp(layer, kept),
    },
  );
  return {
    changed: new Map([...attention.changed, ...mlp.changed]),
    report: { attention: attention.report, mlp: mlp.report },
  };
}

interface HalfWork {
  readonly half: Half;
  readonly layer: Layer;
  readonly pieces: Pieces;
  readonly passage: Passage;
}

interface Choice {
  readonly of: number;
  readonly keep: number;
  /** Inputs of the linear layer that stay. */
  choose(problem: LeastSquares, statistics: Statistics): readonly number[];
  /** The tensors that make those inputs. */
  cut(kept: readonly number[]): Layer;
}

async function pruneHalf(
  work: HalfWork,
  choice: Choice,
): Promise<{ changed: Layer; report: HalfReport | undefined }> {
  const { half, layer, pieces, passage } = work;
  const { batches, dense, pruned } = passage;
  if (choice.keep === choice.of) {
    await runHalf(half, pieces.dense, layer, { batches, streams: dense });
    await runHalf(half, pieces.dense, layer, { batches, streams: pruned });
    return { changed: new Map(), report: undefined };
  }
  const old = toInputs(tensorOf(layer, half.weight));
  const statistics = await collectSums(half, pieces.dense, layer, passage);
  const problem = dampTowards(statistics, old);
  const kept = choice.choose(problem, statistics);
  const weights = solveKept(problem, kept);
  const changed: Layer = new Map([...choice.cut(kept), [half.weight, toWeight(weights)]]);
  const cut = new Map([...layer, ...changed]);
  await runHalf(half, pieces.pruned, cut, { batches, streams: pruned });
  const report = {
    kept: choice.keep,
    of: choice.of,
    removed: relativeError(statistics, kept, pick(old, kept)),
    solved: relativeError(statistics, kept, weights),
  };
  return { changed, report };
}

/** Inputs of the groups that stay: one group after the other goes, the one whose loss costs least. */
function chooseGroups(
  problem: LeastSquares,
  statistics: Statistics,
  { blueprint, keptKvHeads }: LayerPlan,
): readonly number[] {
  let groups = Array.from({ length: blueprint.kvHeads }, (_, group) => group);
  while (groups.length > keptKvHeads) {
    const errors = groups.map((gone) => {
      const kept = groupInputs(
        blueprint,
        groups.filter((group) => group !== gone),
      );
      return relativeError(statistics, kept, solveKept(problem, kept));
    });
    groups = groups.toSpliced(errors.indexOf(Math.min(...errors)), 1);
  }
  return groupInputs(blueprint, groups);
}
