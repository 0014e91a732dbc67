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

/**
 * A pruned half of a layer. Errors are |found - wanted|^2 / |wanted|^2 of its output on calibration
 * tokens.
 */
export interface HalfReport {
  /** Neurons or key heads kept. */
  readonly kept: number;
  /** Neurons or key heads before pruning. */
  readonly of: number;
  /** Error with the inputs removed and the weights unchanged. */
  readonly removed: number;
  /** Error with the weights solved again. */
  readonly solved: number;
}

export interface LayerReport {
  readonly attention: HalfReport | undefined;
  readonly mlp: HalfReport | undefined;
}

interface LayerPlan {
  readonly blueprint: Blueprint;
  readonly keptKvHeads: number;
  readonly keptNeurons: number;
}

interface Pieces {
  readonly dense: BlockPieces;
  /** For the number of kept heads. */
  readonly pruned: BlockPieces;
}

/** Prunes one layer and runs both streams through it. Returns the tensors that changed. */
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
  /** The inputs of the linear layer to keep. */
  choose(problem: LeastSquares, statistics: Statistics): readonly number[];
  /** The tensors that produce those inputs. */
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

/** Inputs of the kept groups. Repeatedly removes the group whose removal adds the least error. */
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
