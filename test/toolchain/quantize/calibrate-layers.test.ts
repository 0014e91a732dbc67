import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { quantizeCheckpoint } from '../../../src/toolchain/quantize/quantize-checkpoint.ts';
import { buildRankGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import { foldFactors } from '../../../src/toolchain/quantize/fold-factors.ts';
import type { Precision } from '../../../src/model/manifest.ts';
import { tinyTemplate, writeFolder, writeLines } from '../../support/checkpoints/prune-set-up.ts';
import { openTinySession, scoreParts } from '../../support/models/score-parts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { randomCheckpoint, tinyBlueprint, tinyLabelIds } from '../../support/models/tiny-model.ts';
import { maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';

const blueprint = { ...tinyBlueprint('llama'), vocabulary: 288 };
const parts = Array.from({ length: 6 }, (_, part) => ({
  prefix: Int32Array.from({ length: 8 }, (_, i) => (i * 31 + part) % 250),
  suffixes: [Int32Array.from({ length: 20 }, (_, i) => (i * 37 + 11 * part) % 250)],
}));
const quiet = () => undefined;

/**
 * One channel in sixteen of the inputs of q, k, v and down is fifty times larger, and the weights
 * that read it are fifty times smaller.
 */
function outlierCheckpoint(): Checkpoint {
  const outliers = (length: number) =>
    Float32Array.from({ length }, (_, i) => (i % 16 === 3 ? 1 / 50 : 1));
  const factors = { qkv: outliers(blueprint.width), down: outliers(blueprint.mlpWidth) };
  return foldFactors(
    randomCheckpoint(blueprint),
    Array.from({ length: blueprint.layers }, () => factors),
  );
}

async function score(checkpoint: Checkpoint, precision: Precision): Promise<number[]> {
  const dir = temporaryFolder();
  const options = { precision, labelIds: tinyLabelIds, plans: { cpu: maskedPlan }, outDir: dir };
  const built = await buildRankGraph(checkpoint, options);
  const session = await openTinySession({
    dir,
    blueprint,
    checkpoint,
    precision,
    graph: built.graphs.cpu.score,
    ...built,
  });
  const scores = await scoreParts(session, parts);
  await session.close();
  return scores.flat();
}

function rootMeanSquare(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - at(b, i)) ** 2, 0) / a.length);
}

describe('channels chosen by calibration', () => {
  const quantize = async (isCalibrated: boolean) => {
    const dir = temporaryFolder();
    const from = await writeFolder(outlierCheckpoint(), dir);
    const calibration = {
      file: writeLines(dir, 40),
      templates: [tinyTemplate()],
      tokens: 1000,
      rowTokens: 128,
      seed: 1,
      threads: 1,
      onProgress: quiet,
    };
    const to = join(dir, 'compact');
    const report = await quantizeCheckpoint({
      from,
      to,
      labels: [],
      floats: [],
      calibration: isCalibrated ? calibration : undefined,
      onProgress: quiet,
    });
    const compact = await openCheckpoint(to);
    const scores = await score(compact, 'int8');
    await compact.close();
    return { report, scores };
  };

  it('cut the error of an int8 model with a few large channels to less than a third', async () => {
    const exact = await score(outlierCheckpoint(), 'fp32');
    const [plain, calibrated] = [await quantize(false), await quantize(true)];
    const error = rootMeanSquare(calibrated.scores, exact);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(rootMeanSquare(plain.scores, exact) / 3);
    expect(plain.report.smoothing).toBeUndefined();
  });

  it('are reported, and never increase the error of an input', async () => {
    const { smoothing } = (await quantize(true)).report;
    const { inputs = [], tokens = 0 } = smoothing ?? {};
    expect(smoothing?.file).toBe('lines.jsonl');
    expect(tokens).toBeGreaterThan(500);
    expect(inputs.map(({ layer, kind }) => `${layer} ${kind}`)).toEqual(
      [0, 1, 2].flatMap((layer) =>
        ['qkv', 'o', 'gateUp', 'down'].map((kind) => `${layer} ${kind}`),
      ),
    );
    for (const { kind, before, after, migration } of inputs) {
      expect(after).toBeLessThanOrEqual(before);
      expect(migration === undefined).toBe(after === before);
      if (kind === 'qkv' || kind === 'down') {
        expect(after).toBeLessThan(before / 4);
      }
    }
  });
});
