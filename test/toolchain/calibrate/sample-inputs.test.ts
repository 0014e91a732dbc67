import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import {
  openBlockPieces,
  readLayer,
  runBlock,
  tensorOf,
} from '../../../src/toolchain/calibrate/block-pieces.ts';
import { batchRows } from '../../../src/toolchain/calibrate/calibration.ts';
import { sampleInputs } from '../../../src/toolchain/calibrate/sample-inputs.ts';
import { embedBatches } from '../../../src/toolchain/calibrate/streams.ts';
import { randomCheckpoint, tinyBlueprint } from '../../support/models/tiny-model.ts';

describe('sampled inputs', () => {
  it('are those of the linears of a layer, and the streams are those after it', async () => {
    const blueprint = tinyBlueprint('llama');
    const checkpoint = randomCheckpoint(blueprint);
    const batches = batchRows([Int32Array.of(1, 2, 3), Int32Array.of(9, 8)]);
    const [batch] = batches;
    const [before] = await embedBatches(checkpoint, batches);
    const layer = await readLayer(checkpoint, 0);
    const pieces = await openBlockPieces(blueprint, 1);
    if (batch === undefined || before === undefined) {
      throw new Error('there is no batch');
    }
    const streams = [before];
    const samples = await sampleInputs(pieces, layer, { blueprint, batches, streams });
    const after = await runBlock(pieces, batch, before, layer);
    const attended = await pieces.attention(batch, before, layer);
    await pieces.close();
    expect(streams[0]).toEqual(after);
    // All five tokens are kept, because fewer than 128 were run.
    expect(samples.o.rows).toEqual(attended);
    expect(samples.down.rows).toHaveLength(5 * blueprint.mlpWidth);
    const norm = tensorOf(layer, 'input_layernorm.weight').data;
    const x = before.subarray(0, blueprint.width);
    const root = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + blueprint.normEpsilon);
    x.forEach((value, i) => {
      expect(samples.qkv.rows[i]).toBeCloseTo((value / root) * at(norm, i), 5);
    });
  });
});
