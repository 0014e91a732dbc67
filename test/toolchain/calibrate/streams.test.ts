import { describe, expect, it } from '@jest/globals';
import { openBlockPieces } from '../../../src/toolchain/calibrate/block-pieces.ts';
import { batchRows } from '../../../src/toolchain/calibrate/calibration.ts';
import {
  embedBatches,
  measureDrift,
  readLabelHead,
  readMargins,
  runLayers,
} from '../../../src/toolchain/calibrate/streams.ts';
import { loadReference } from '../../support/models/reference-forward.ts';
import { randomCheckpoint, tinyBlueprint, tinyLabelIds } from '../../support/models/tiny-model.ts';

describe('streams through all layers', () => {
  // Qwen2 has biases and an untied head; Qwen3 has head norms and a head size of its own.
  it.each(['qwen2', 'qwen3'] as const)('give the margins of the %s reference', async (family) => {
    const checkpoint = randomCheckpoint(tinyBlueprint(family));
    const rows = [3, 20, 9].map((length) =>
      Int32Array.from({ length }, (_, i) => (i * 37 + length) % 96),
    );
    const batches = batchRows(rows);
    const pieces = await openBlockPieces(checkpoint.blueprint, 1);
    const streams = await embedBatches(checkpoint, batches);
    await runLayers(pieces, checkpoint, batches, streams);
    await pieces.close();
    const head = await readLabelHead(checkpoint, tinyLabelIds);
    const found = readMargins(head, batches, streams);
    const reference = await loadReference(checkpoint, tinyLabelIds);
    // A batch has its rows by length.
    const sorted = rows.toSorted((a, b) => a.length - b.length);
    expect(found).toHaveLength(3);
    sorted.forEach((row, i) => {
      const [yes, no] = reference.logits(row);
      expect(found[i]).toBeCloseTo(yes - no, 3);
    });
  });
});

describe('drift', () => {
  it('is the divergence computed by hand', () => {
    // p = 1/2 to 3/4: (ln(2/3) + ln 2) / 2; the margin moves by ln 3.
    const drift = measureDrift([0, 0], [0, Math.log(3)]);
    expect(drift.divergence).toBeCloseTo((Math.log(2 / 3) + Math.log(2)) / 4, 12);
    expect(drift.marginChange).toBeCloseTo(Math.log(3) / 2, 12);
  });

  it('stays finite where probabilities round to nothing', () => {
    expect(measureDrift([800], [-800]).divergence).toBeCloseTo(800, 6);
    expect(measureDrift([800], [800]).divergence).toBe(0);
  });
});
