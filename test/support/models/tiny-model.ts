import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Blueprint,
  Family,
  GraphFile,
  ModelGraphs,
  Precision,
} from '../../../src/model/manifest.ts';
import { type GraphPlan, maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { randomCheckpoint } from '../../../src/toolchain/checkpoint/random-checkpoint.ts';
import { buildRankGraph } from '../../../src/toolchain/graph/rank-graph.ts';

export { randomCheckpoint } from '../../../src/toolchain/checkpoint/random-checkpoint.ts';
export { createRandom } from '../../../src/base/random.ts';

/** Tiny random models: the families' shapes with every odd corner, and no files. */

export const tinyLabelIds = [7, 11] as const;

export function tinyBlueprint(family: Family): Blueprint {
  return {
    family,
    layers: 3,
    width: 48,
    mlpWidth: 80,
    heads: 6,
    kvHeads: 2,
    // Qwen3's head size is apart from width / heads.
    headDim: family === 'qwen3' ? 16 : 8,
    vocabulary: 96,
    ropeTheta: family === 'llama' ? 10_000 : 1_000_000,
    normEpsilon: family === 'llama' ? 1e-5 : 1e-6,
    qkNorm: family === 'qwen3',
    qkvBias: family === 'qwen2',
    tiedHead: family !== 'qwen2',
    rowTokens: 256,
  };
}

export interface TinyModel {
  readonly dir: string;
  readonly blueprint: Blueprint;
  readonly checkpoint: Checkpoint;
  readonly precision: Precision;
  readonly graphs: ModelGraphs;
  /** The one that scores on the CPU. */
  readonly graph: GraphFile;
  readonly weights: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly parameters: number;
}

/** Builds into a fresh folder under the system's temporary one; the caller removes it. */
export async function buildTinyModel(
  family: Family,
  {
    precision = 'fp32',
    plan = maskedPlan,
    seed = 1,
  }: {
    precision?: Precision;
    plan?: GraphPlan;
    seed?: number;
  } = {},
): Promise<TinyModel> {
  const checkpoint = randomCheckpoint(tinyBlueprint(family), seed);
  const dir = await mkdtemp(join(tmpdir(), 'slmrank-tiny-'));
  const built = await buildRankGraph(checkpoint, {
    precision,
    labelIds: tinyLabelIds,
    plans: precision === 'int8' ? { cpu: plan } : { cpu: plan, cuda: plan },
    outDir: dir,
  });
  const { blueprint } = checkpoint;
  return { dir, blueprint, checkpoint, precision, graph: built.graphs.cpu.score, ...built };
}
