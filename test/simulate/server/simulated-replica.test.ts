import { expect, test } from '@jest/globals';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import { tokenPart } from '../../../src/batch/packed-batch.ts';
import { maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';
import { paddedSlots } from '../../../src/batch/slots.ts';
import { SharedGpu } from '../../../src/simulate/server/shared-gpu.ts';
import { packOutline, SimulatedReplica } from '../../../src/simulate/server/simulated-replica.ts';
import { VirtualClock } from '../../../src/simulate/clock/virtual-clock.ts';

const parts = [
  tokenPart({
    prefix: new Int32Array(20),
    suffixes: [3, 40, 7].map((length) => new Int32Array(length)),
  }),
  tokenPart({ prefix: new Int32Array(5), suffixes: [new Int32Array(11)] }),
];

test('an outline has the tokens, tiles and candidates of the real batch', () => {
  const outline = packOutline(parts, maskedPlan);
  const real = packBatch(parts, maskedPlan);
  expect(outline.tokens).toBe(real.tokens);
  expect(outline.candidates).toBe(real.candidates);
  expect(paddedSlots(outline)).toBe(paddedSlots(real));
});

function setUp(handoverMs = 0) {
  const clock = new VirtualClock();
  const replica = new SimulatedReplica({
    name: 'cpu#0',
    weights: { fixedMs: 10, tokenMs: 1, slotMs: 0 },
    factor: 2,
    drawRatio: () => 1.5,
    drawHandoverMs: () => handoverMs,
    clock,
    gpu: new SharedGpu(clock, [1]),
  });
  return { clock, replica };
}

test('a run takes its cost times the factor of the replica and the ratio drawn', () => {
  const { replica } = setUp();
  expect(replica.drawMs({ packedTokens: 40, slots: 0 })).toBeCloseTo((10 + 40) * 2 * 1.5, 9);
});

test('batches run one after the other, and the handover of a waiting batch costs no time', async () => {
  const { clock, replica } = setUp(5);
  const batch = packOutline(parts, maskedPlan);
  const runMs = replica.drawMs({ packedTokens: batch.tokens, slots: paddedSlots(batch) });
  const endedAtMs: number[] = [];
  for (let i = 0; i < 2; i += 1) {
    void replica.run(batch).then((outcome) => {
      expect(outcome).toMatchObject({ ok: true, logits: new Float32Array(8) });
      endedAtMs.push(clock.nowMs());
    });
  }
  await clock.run();
  expect(endedAtMs).toEqual([5 + runMs, 5 + 2 * runMs]);
  expect(replica.busyMs).toBe(2 * runMs);
});
